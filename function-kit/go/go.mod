module functionkit

go 1.24
