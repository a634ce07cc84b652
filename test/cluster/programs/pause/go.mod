module dapr-wasmedge/test/cluster/pause

go 1.26
