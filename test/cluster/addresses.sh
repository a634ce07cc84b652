# Sourced by node.sh and keys.sh: the node, its pods and Services. The DNS' address is in manifests/coredns.yaml, too.
node_ip=10.77.0.1
gateway_ip=10.77.0.254
pod_cidr=10.78.0.0/24
service_cidr=10.96.0.0/16
api_ip=10.96.0.1
dns_ip=10.96.0.10
