// Package advice says what the errors of a pull mean to a user: of the wire, of
// outputs and of the disk. It knows the errors of these parts, and nothing else of
// them.
package advice

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/outputs"
)

// For returns a function that says what kind an error is of a pull of a tenant's
// report, as a stable word, and what a user can do about it: the permission to
// grant to the application, the licence to buy. Both may be empty.
func For(tenant *config.Tenant, report *config.Report, app string) func(error) (cause, advice string) {
	return func(err error) (cause, advice string) {
		var (
			refused *auth.Error
			service *fetch.ServiceError
			link    *fetch.LinkError
			lookup  *net.DNSError

			proxied  *transport.ProxyError
			outage   *transport.OutageError
			patience *transport.PatienceError
		)
		login := errors.As(err, &refused) // its text says what to do
		switch {
		case errors.As(err, &proxied):
			return "network", "Give the proxy's user and password in HTTPS_PROXY, or have the proxy let the request pass."
		case errors.As(err, &outage) && login:
			return "network", ""
		case errors.As(err, &outage) && errors.As(err, &lookup):
			return "network", fmt.Sprintf("The name %q cannot be resolved. Check the network, the proxy, and the cloud and endpoints of %s.", lookup.Name, tenant.Address)
		case errors.As(err, &outage):
			return "network", fmt.Sprintf("%s cannot be reached. Check the network, the proxy, and the cloud and endpoints of %s.", outage.Host, tenant.Address)
		case errors.As(err, &patience):
			cause, advice = string(fetch.Unavailable), patience.Advice()
			if errors.As(err, &service) {
				cause, advice = string(service.Kind), service.Advice()+" "+advice
			}
			if login {
				advice = ""
			}
			return cause, advice
		case errors.As(err, &refused):
			return "credential", "" // it says what to do
		case errors.As(err, &service):
			return string(service.Kind), service.Advice() + needs(service.Kind, tenant, report.Type, app)
		case errors.As(err, &link):
			return "link", link.Advice()
		case errors.As(err, &lookup):
			return "network", fmt.Sprintf("The name %q cannot be resolved. Check the network, the proxy, and the cloud and endpoints of %s.", lookup.Name, tenant.Address)
		case isNetwork(err):
			return "network", fmt.Sprintf("The service cannot be reached. Check the network, the proxy, and the cloud and endpoints of %s.", tenant.Address)
		case errors.Is(err, outputs.ErrAltered):
			return "altered", "The next apply fetches the slice again, for that file too; or put the file back as it was."
		case errors.Is(err, fs.ErrPermission):
			return "disk", "Reportform may not write there. Change the output's path, or the rights of the directory."
		}
		if advice := ofDisk(err); advice != "" {
			return "disk", advice
		}
		return "", ""
	}
}

// What can be done about errors of file systems.
const (
	diskFull     = "The disk is full. Make room, or change the output's path; nothing half-written was left."
	diskReadOnly = "The file system is mounted read-only. Mount it for writing, or change the output's path."
	fileTooLarge = "The file is larger than the file system or a limit of the process (ulimit -f) allows. Choose shorter slices, or change the output's path."
	diskBroken   = "The system cannot use the disk. Check the disk, or the network file system; nothing half-written was left."
)

// needs names what a report type needs, where the refusal leaves that open.
func needs(kind fetch.Kind, tenant *config.Tenant, t *config.ReportType, app string) string {
	var b strings.Builder
	permissions := kind == fetch.Permission || kind == fetch.Forbidden
	licence := (kind == fetch.Licence || kind == fetch.Forbidden) && t.License != ""
	if permissions && len(t.Permissions) > 0 {
		fmt.Fprintf(&b, " The report %s needs the application permission %s; the application is %s.",
			t.Name, strings.Join(t.Permissions, " and "), app)
		if tenant.Cloud != config.CloudSandbox {
			fmt.Fprintf(&b, " An administrator of the directory consents at %s/%s/adminconsent?client_id=%s",
				tenant.Endpoints.Login, tenant.ID, app)
		}
	}
	if licence {
		fmt.Fprintf(&b, " The report %s needs this licence: %s.", t.Name, t.License)
	}
	return b.String()
}

func isNetwork(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}
