module meshhost.dev/piece

go 1.26.0
