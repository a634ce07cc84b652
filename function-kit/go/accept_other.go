//go:build !wasip1

package functionkit

func accept() {}
