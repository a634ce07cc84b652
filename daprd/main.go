// Command daprd is the Dapr runtime, Dapr's own. Built here as it is, it has every component that Dapr has. Set-up builds it
// with those of components.txt alone, in little more than half the time: docs/decisions/daprd-build.md.
//
// The replacements in go.mod are those of github.com/dapr/dapr, because a module's own do not reach who requires it.
package main

import "github.com/dapr/dapr/cmd/daprd/app"

func main() {
	app.Run()
}
