package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// authority signs the cluster's certificates. Everything of one cluster is signed by its own.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	pem         []byte
}

// identity is a certificate with its key, both as PEM.
type identity struct{ certificate, key []byte }

// A cluster that lives longer than this has to be started again.
const validity = 2 * 365 * 24 * time.Hour

func newAuthority(name string) (*authority, identity, error) {
	self := template(name)
	self.IsCA = true
	self.BasicConstraintsValid = true
	self.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, identity{}, err
	}
	id, err := sign(self, self, key, key)
	if err != nil {
		return nil, identity{}, err
	}
	block, _ := pem.Decode(id.certificate)
	certificate, err := x509.ParseCertificate(block.Bytes)
	return &authority{certificate, key, id.certificate}, id, err
}

// server makes a serving certificate for the given names, host names and addresses alike.
func (a *authority) server(name string, names ...string) (identity, error) {
	t := template(name)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	return a.issue(t)
}

// client makes a client certificate: Kubernetes takes the user from the common name and the groups
// from the organizations.
func (a *authority) client(user string, groups ...string) (identity, error) {
	t := template(user)
	t.Subject.Organization = groups
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.issue(t)
}

func (a *authority) issue(t *x509.Certificate) (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	return sign(t, a.certificate, key, a.key)
}

func template(name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour), // clocks of containers and hosts may differ a little
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func sign(t, parent *x509.Certificate, key, parentKey crypto.Signer) (identity, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), parentKey)
	if err != nil {
		return identity{}, fmt.Errorf("certificate of %s: %w", t.Subject.CommonName, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	return identity{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}, err
}

func (id identity) write(certificateFile, keyFile string) error {
	if err := os.WriteFile(certificateFile, id.certificate, 0o644); err != nil {
		return err
	}
	return os.WriteFile(keyFile, id.key, 0o600)
}

// writeServiceAccountKey makes the key pair that service account tokens are signed with. RSA, which
// every version of Kubernetes takes.
func writeServiceAccountKey(privateFile, publicFile string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(privateFile, private, 0o600); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return os.WriteFile(publicFile, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644)
}
