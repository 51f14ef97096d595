package column

import "testing"

func TestLook(t *testing.T) {
	fields := []Column{
		{"id", String},
		{"createdDateTime", Timestamp},
		{"status", Struct},
		{"status.errorCode", Int32},
		{"details", Struct},
		{"targets", List},
		{"location.city", String},
	}
	for path, want := range map[string]struct {
		match Match
		spelt string
	}{
		"id":                       {Known, "id"},
		"ID":                       {CaseWrong, "id"},
		"createddatetime":          {CaseWrong, "createdDateTime"},
		"created":                  {Unknown, "created"},
		"status":                   {Known, "status"},
		"status.errorCode":         {Known, "status.errorCode"},
		"status.errorcode":         {CaseWrong, "status.errorCode"},
		"Status.reason":            {Unknown, "Status.reason"},
		"status.errorCode.deeper":  {Unknown, "status.errorCode.deeper"},
		"details.anything":         {Known, "details.anything"}, // nothing is known below
		"Details.anything":         {CaseWrong, "details.anything"},
		"targets.displayName":      {Known, "targets.displayName"},
		"location":                 {Known, "location"}, // of which only a field is named
		"Location":                 {CaseWrong, "location"},
		"location.City":            {CaseWrong, "location.city"},
		"location.country":         {Unknown, "location.country"},
		"@odata.type":              {Known, "@odata.type"},
		"status.errorCode@odata.x": {Known, "status.errorCode@odata.x"},
		"idx":                      {Unknown, "idx"},
	} {
		if match, spelt := Look(path, fields); match != want.match || spelt != want.spelt {
			t.Errorf("Look(%q) = %d, %q, want %d, %q", path, match, spelt, want.match, want.spelt)
		}
	}
}
