package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// serve answers token requests and serves prebuilt pages until ctx ends. It
// prints its origin as the first line.
func serve(ctx context.Context, args []string, stdout io.Writer) error {
	var l load
	flags := flag.NewFlagSet("perf serve", flag.ContinueOnError)
	l.flags(flags)
	listen := flags.String("listen", "127.0.0.1:0", "address")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	origin := "http://" + listener.Addr().String()
	server := &http.Server{Handler: handler(newBook(l), origin), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if _, err := fmt.Fprintln(stdout, origin); err != nil {
		return err
	}
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func handler(b *book, origin string) http.Handler {
	buffers := sync.Pool{New: func() any { return new([]byte) }}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		// The token names the tenant, which the pages need for their links.
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":%q}`, r.PathValue("tenant"))
	})
	mux.HandleFunc("GET /v1.0/auditLogs/signIns", func(w http.ResponseWriter, r *http.Request) {
		if b.load.latency > 0 {
			time.Sleep(b.load.latency)
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
		if page < 0 || page >= b.load.pages() {
			http.Error(w, "no such page", http.StatusBadRequest)
			return
		}
		buffer := buffers.Get().(*[]byte)
		*buffer = b.write((*buffer)[:0], origin, r.URL.Query().Get("tenant"), page)
		w.Header().Set("Content-Type", "application/json;odata.metadata=minimal")
		w.Header().Set("Content-Length", strconv.Itoa(len(*buffer)))
		_, _ = w.Write(*buffer)
		buffers.Put(buffer)
	})
	return mux
}
