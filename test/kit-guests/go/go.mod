module guest

go 1.24

require functionkit v0.0.0

replace functionkit => ../../../function-kit/go
