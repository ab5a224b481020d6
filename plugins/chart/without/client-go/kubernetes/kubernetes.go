// Package kubernetes is empty: Helm names it to have the version of client-go among the program's modules.
package kubernetes
