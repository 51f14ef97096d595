package config

// Secret says where a secret is found. It never holds one: values are read by
// the engine's auth package alone, at the moment a token is asked for.
// In the language it is the result of secret_env, secret_file and secret_exec,
// a capsule that no other function accepts.
//
// Exactly one of the fields is set.
type Secret struct {
	Env  string   // name of an environment variable
	File string   // path of a file, absolute or relative to the process's working directory
	Exec []string // a command and its arguments; the secret is its standard output
}

// String names the place, never the value: `environment variable "NAME"`.
func (s Secret) String() string {
	switch {
	case s.Env != "":
		return `environment variable "` + s.Env + `"`
	case s.File != "":
		return `file "` + s.File + `"`
	case len(s.Exec) > 0:
		return `command "` + s.Exec[0] + `"`
	}
	return "no secret"
}
