// Command daprd is the Dapr runtime: Dapr's own, with the components that it calls stable and with SQLite name
// resolution, which works where multicast DNS does not. It is built where no Dapr is installed.
//
// The replacements in go.mod are those of github.com/dapr/dapr, because a module's own do not reach who requires it.
package main

import (
	"github.com/dapr/components-contrib/nameresolution/sqlite"
	"github.com/dapr/dapr/cmd/daprd/app"
	"github.com/dapr/dapr/pkg/components/nameresolution"
)

func main() {
	nameresolution.DefaultRegistry.RegisterComponent(sqlite.NewResolver, "sqlite")
	app.Run()
}
