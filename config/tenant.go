package config

import "github.com/hashicorp/hcl/v2"

// Tenant is one directory.
type Tenant struct {
	Address Address
	Name    string // the label, or the key where the block has for_each; unique in a configuration
	ID      string // a domain name or the directory's GUID
	Cloud   string // a key of Clouds
	// Credential is nil for the sandbox cloud when none is given.
	Credential *Credential
	Labels     map[string]string
	// Endpoints are the cloud's hosts with the block's overrides applied:
	// scheme and host, no trailing slash. Empty for the sandbox cloud, whose
	// hosts are known when it has started, unless overridden.
	Endpoints Endpoints
	// Pacing is PacingPublished or PacingOff.
	Pacing string
	Range  hcl.Range
}

// Values of Tenant.Pacing. With PacingPublished requests are spaced by the
// service's published limits; it is the default of every cloud but the
// sandbox, which has no limits unless it is told to. A 429 is obeyed with both.
const (
	PacingPublished = "published"
	PacingOff       = "off"
)

// Endpoints are the base URLs of a cloud: scheme://host[:port].
type Endpoints struct {
	Login    string // token endpoints
	Graph    string // Microsoft Graph
	AADGraph string // the Azure AD Graph reporting API
}

// CloudSandbox names the built-in stand-in.
const CloudSandbox = "sandbox"

// Clouds returns the endpoints of every cloud that a tenant can name.
// Source: Microsoft Graph national cloud deployments; Azure AD Graph migration
// guide for the reporting hosts.
func Clouds() map[string]Endpoints {
	return map[string]Endpoints{
		"public":     {"https://login.microsoftonline.com", "https://graph.microsoft.com", "https://graph.windows.net"},
		"usgov":      {"https://login.microsoftonline.us", "https://graph.microsoft.us", "https://graph.microsoftazure.us"},
		"usgov_dod":  {"https://login.microsoftonline.us", "https://dod-graph.microsoft.us", "https://graph.microsoftazure.us"},
		"china":      {"https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", "https://graph.chinacloudapi.cn"},
		CloudSandbox: {},
	}
}
