package catalog

import (
	"fmt"
	"strings"

	"github.com/reportform/reportform/internal/column"
)

// fieldsFile, which is embedded in fields, says which fields the events of the report types have. A line that
// is not indented is an entity of the service, with its version, a colon, and
// the report types that give it:
//
//	signIn beta: sign_ins_beta sign_ins_non_interactive
//	  id
//	  createdDateTime timestamp
//	  status struct
//	    errorCode int32
//
// The lines below are its fields, with their type unless it is a string, and
// further below a struct those of the struct.
const fieldsFile = "fields.txt"

// entity is an entity of the service.
type entity struct {
	header string // its name and its version
	types  []string
	fields []column.Column
}

func readEntities(src string) ([]*entity, error) {
	var entities []*entity
	above := "" // the struct whose fields are read, with a dot
	number := 0
	for line := range strings.Lines(src) {
		number++
		line = strings.TrimSuffix(line, "\n")
		header, types, isHeader := strings.Cut(line, ":")
		if isHeader {
			entities = append(entities, &entity{header: header, types: strings.Fields(types)})
			above = ""
			continue
		}
		name, word, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
		t := column.Type(word)
		if word == "" {
			t = column.String
		}
		switch depth := len(line) - len(strings.TrimLeft(line, " ")); {
		case len(entities) == 0 || name == "" || !t.Known() || depth != 2 && (depth != 4 || above == ""):
			return nil, fmt.Errorf("catalog/%s:%d: %q is no field", fieldsFile, number, line)
		case depth == 2 && t == column.Struct:
			above = name + "."
		case depth == 2:
			above = ""
		default:
			name = above + name
		}
		last := entities[len(entities)-1]
		last.fields = append(last.fields, column.Column{Path: name, Type: t})
	}
	return entities, nil
}
