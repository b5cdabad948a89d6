module peers

go 1.21

require github.com/linxGnu/gosmpp v0.3.0

require golang.org/x/text v0.16.0 // indirect
