// Package directory invents the directories that the sandbox serves: for a
// tenant's id always the same company with the same users, devices, groups and
// applications, so that its reports agree with each other. All names are
// fictional and all addresses are reserved for documentation.
package directory

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Directory is one tenant's directory: a table for each kind of object.
type Directory struct {
	tables []Table
}

// Table holds the objects of one kind; a row has a value for every column of the kind.
type Table struct{ Rows [][]string }

// Kind describes the objects of one kind.
type Kind struct {
	Name    string
	Columns []string
}

// Kinds returns all kinds; their index is that of Directory.Table.
func Kinds() []Kind { return source().kinds }

// Table returns the objects of the kind with that index in Kinds.
func (d *Directory) Table(kind int) *Table { return &d.tables[kind] }

// GUID returns the id of the directory with the given id: the id itself if it
// is a GUID, otherwise one derived from it.
func GUID(id string) string {
	id = strings.ToLower(id)
	if IsGUID(id) {
		return id
	}
	return guid(Hash(0, "tenant", id))
}

// IsGUID reports whether s is a GUID in lower case with hyphens.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (c == '-') || !hyphen && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// New invents the directory with the given id, a GUID or a domain.
func New(seed uint64, id string, users int) *Directory {
	data := source()
	d := &Directory{tables: make([]Table, len(data.kinds))}
	o := inventor{data: data, seed: Hash(seed, "directory", strings.ToLower(id)), id: strings.ToLower(id)}
	for i, kind := range data.kinds {
		switch kind.Name {
		case "tenant":
			d.tables[i].Rows = [][]string{o.tenant()}
		case "user":
			d.tables[i].Rows = o.users(users)
		case "group":
			d.tables[i].Rows = o.groups(min(12+users/8, 400))
		default:
			d.tables[i].Rows = o.static(kind)
		}
	}
	return d
}

//go:embed tables.json
var tablesJSON []byte

// tables is the content of tables.json: words to invent names from, and the
// objects that every directory has.
type tables struct {
	Companies, Given, Surnames, Offices, Groups []string
	Departments                                 []struct {
		Name   string
		Titles []string
	}
	Devices []struct {
		OS, Version, Browser, Agent, Maker, Model, Prefix string
	}
	Kinds map[string][]map[string]string

	kinds []Kind
}

// source decodes the embedded tables, once.
var source = sync.OnceValue(func() *tables { //nolint:gochecknoglobals // tables that never change, decoded when first asked for
	var t tables
	if err := json.Unmarshal(tablesJSON, &t); err != nil {
		panic(fmt.Sprintf("tables.json: %v", err))
	}
	t.kinds = []Kind{
		{"tenant", []string{"id", "domain", "name"}},
		{"user", userColumns()},
		{"group", []string{"id", "name", "nick", "mail", "description", "type", "created"}},
	}
	for _, name := range slices.Sorted(maps.Keys(t.Kinds)) {
		columns := slices.Sorted(maps.Keys(t.Kinds[name][0]))
		t.kinds = append(t.kinds, Kind{name, append([]string{"id"}, columns...)})
	}
	return &t
})

func userColumns() []string {
	return []string{
		"id", "upn", "name", "given", "surname", "mail", "title", "department", "office", "phone", "mobile",
		"language", "employee", "enabled", "type", "city", "state", "country", "lat", "lon", "asn", "ip", "ip6",
		"device", "deviceId", "deviceName", "os", "osVersion", "browser", "agent", "maker", "model",
		"managed", "compliant", "trust", "puid",
	}
}

// inventor makes the objects of one directory.
type inventor struct {
	data *tables
	seed uint64
	id   string
}

// name returns the company's name: the first label of its domain, or an
// invented one where the id is a GUID.
func (o inventor) name() (name, domain string) {
	if !IsGUID(o.id) && strings.Contains(o.id, ".") {
		label, _, _ := strings.Cut(o.id, ".")
		return strings.ToUpper(label[:min(1, len(label))]) + label[min(1, len(label)):], o.id
	}
	name = Choose(o.data.Companies, Hash(o.seed, "company"))
	return name, strings.ToLower(name) + ".example"
}

func (o inventor) tenant() []string {
	name, domain := o.name()
	return []string{GUID(o.id), domain, name}
}

func (o inventor) users(n int) [][]string {
	_, domain := o.name()
	cities := o.data.Kinds["city"]
	taken := map[string]int{}
	rows := make([][]string, n)
	for i := range rows {
		h := Hash(o.seed, "user", fmt.Sprint(i))
		d := func(name string) uint64 { return Hash(h, name) }
		given, surname := Choose(o.data.Given, d("given")), Choose(o.data.Surnames, d("surname"))
		department := o.data.Departments[d("department")%uint64(len(o.data.Departments))]
		device := o.data.Devices[d("device")%uint64(len(o.data.Devices))]
		city := cities[Hash(o.seed, "city", fmt.Sprint(d("site")%4))%uint64(len(cities))]
		upn := plain(given) + "." + plain(surname)
		if taken[upn]++; taken[upn] > 1 {
			upn += fmt.Sprint(taken[upn])
		}
		mail, kind := upn+"@"+domain, "member"
		upn = mail
		if d("guest")%16 == 0 {
			partner := strings.ToLower(Choose(o.data.Companies, d("partner"))) + ".example"
			mail, kind = strings.Replace(mail, "@"+domain, "@"+partner, 1), "guest"
			upn = strings.Replace(mail, "@", "_", 1) + "#EXT#@" + domain
		}
		managed := d("managed")%10 < 7
		trust := ""
		if managed {
			trust = Choose([]string{"Azure AD joined", "Hybrid Azure AD joined"}, d("trust"))
		}
		rows[i] = []string{
			guid(d("id")), upn, given + " " + surname, given, surname, mail,
			Choose(department.Titles, d("title")), department.Name, Choose(o.data.Offices, d("office")),
			fmt.Sprintf("+1 555 01%02d", d("phone")%100), fmt.Sprintf("+1 555 01%02d", d("mobile")%100),
			city["language"], fmt.Sprintf("E%05d", 10000+i), fmt.Sprint(d("enabled")%25 != 0), kind,
			city["name"], city["state"], city["country"], city["lat"], city["lon"], city["asn"],
			IPv4(d("ip")), IPv6(d("ip6")),
			guid(d("device object")), guid(d("device id")), device.Prefix + fmt.Sprintf("%06X", d("device name")&0xffffff),
			device.OS, device.Version, device.Browser, device.Agent, device.Maker, device.Model,
			fmt.Sprint(managed), fmt.Sprint(managed && d("compliant")%12 != 0), trust,
			fmt.Sprintf("10037FFE%08X", d("puid")&0xffffffff),
		}
	}
	return rows
}

func (o inventor) groups(n int) [][]string {
	_, domain := o.name()
	rows := make([][]string, n)
	for i := range rows {
		h := Hash(o.seed, "group", fmt.Sprint(i))
		name := Choose(o.data.Departments, Hash(h, "department")).Name + " " + Choose(o.data.Groups, Hash(h, "word"))
		if i >= 24 {
			name += fmt.Sprintf(" %d", i)
		}
		nick := strings.ToLower(strings.ReplaceAll(plain(name), " ", "-"))
		rows[i] = []string{
			guid(Hash(h, "id")), name, nick, nick + "@" + domain, "Everyone of " + name,
			Choose([]string{"security", "unified", "security", "dynamic"}, Hash(h, "type")),
			fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", 2017+h%8, 1+h>>8%12, 1+h>>16%28, h>>24%24, h>>32%60, h>>40%60),
		}
	}
	return rows
}

// static returns the objects that tables.json lists, each with an id of its own in this directory.
func (o inventor) static(kind Kind) [][]string {
	rows := make([][]string, len(o.data.Kinds[kind.Name]))
	for i, object := range o.data.Kinds[kind.Name] {
		rows[i] = []string{guid(Hash(o.seed, kind.Name, fmt.Sprint(i)))}
		for _, column := range kind.Columns[1:] {
			rows[i] = append(rows[i], object[column])
		}
	}
	return rows
}

// plain makes a name fit for an address.
func plain(s string) string {
	return strings.NewReplacer(
		"ä", "ae", "ö", "oe", "ü", "ue", "ë", "e", "é", "e", "è", "e", "ñ", "n", "ø", "o", "Ł", "l", "ł", "l", "ç", "c", "'", "",
	).Replace(strings.ToLower(s))
}

// Choose returns one of list.
func Choose[T any](list []T, h uint64) T { return list[h%uint64(len(list))] }

// IPv4 returns an address of the blocks that are reserved for documentation.
func IPv4(h uint64) string {
	return Choose([]string{"192.0.2.", "198.51.100.", "203.0.113."}, h>>8) + fmt.Sprint(1+h%254)
}

// IPv6 returns an address of the block that is reserved for documentation.
func IPv6(h uint64) string {
	return fmt.Sprintf("2001:db8:%x:%x::%x", h>>48, h>>32&0xffff, cmp.Or(h&0xffff, 1))
}

// Mix scrambles a number: inputs that differ in a bit give unrelated outputs.
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Hash returns a number that depends on all its arguments. It is the same on
// every machine and in every version of the program.
func Hash(seed uint64, parts ...string) uint64 {
	h := Mix(seed)
	for _, part := range parts {
		f := uint64(14695981039346656037)
		for _, c := range []byte(part) {
			f = (f ^ uint64(c)) * 1099511628211
		}
		h = Mix(h ^ f)
	}
	return h
}

func guid(h uint64) string { return string(AppendGUID(nil, h)) }

// AppendGUID appends a random-looking version 4 GUID made from h.
func AppendGUID(dst []byte, h uint64) []byte {
	const digits = "0123456789abcdef"
	a, b := Mix(h), Mix(h^0x5bd1e995)
	a = a&^0xf000 | 0x4000
	b = b&^(0xc<<60) | 0x8<<60
	for i := 60; i >= 0; i -= 4 {
		dst = append(dst, digits[a>>i&0xf])
		if i == 32 || i == 16 {
			dst = append(dst, '-')
		}
	}
	dst = append(dst, '-')
	for i := 60; i >= 0; i -= 4 {
		dst = append(dst, digits[b>>i&0xf])
		if i == 48 {
			dst = append(dst, '-')
		}
	}
	return dst
}
