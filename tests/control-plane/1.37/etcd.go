package main

import (
	"context"
	"flag"
	"fmt"
	"net"

	"go.etcd.io/etcd/pkg/v3/flags"
	"go.etcd.io/etcd/server/v3/embed"
)

// prepareEtcd understands etcd's own flags.
func prepareEtcd(args []string, _ net.Listener) (serve, error) {
	config := embed.NewConfig()
	set := flag.NewFlagSet(etcd, flag.ContinueOnError)
	config.AddFlags(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	// AddFlags registers the URLs, but leaves it to the program to read them back.
	config.ListenPeerUrls = flags.UniqueURLsFromFlag(set, "listen-peer-urls")
	config.AdvertisePeerUrls = flags.UniqueURLsFromFlag(set, "initial-advertise-peer-urls")
	config.ListenClientUrls = flags.UniqueURLsFromFlag(set, "listen-client-urls")
	config.AdvertiseClientUrls = flags.UniqueURLsFromFlag(set, "advertise-client-urls")

	return func(ctx context.Context) error {
		server, err := embed.StartEtcd(config)
		if err != nil {
			return err
		}
		defer server.Close()
		select {
		case <-ctx.Done():
			return nil
		case err := <-server.Err():
			return err
		case <-server.Server.StopNotify():
			return fmt.Errorf("etcd stopped by itself")
		}
	}, nil
}
