#!/bin/bash
# Makes the cluster's keys, certificates and kubeconfigs in the folder it is called in.
set -euo pipefail
. "$(dirname "$0")/addresses.sh"
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

authority() { # NAME
  openssl req -x509 $key -days 3650 -keyout "$1.key" -out "$1.crt" -subj "/CN=cluster-$1" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
certificate() { # NAME SUBJECT [ALTERNATIVE-NAMES] [AUTHORITY]
  local ca=${4:-ca}
  openssl req $key -keyout "$1.key" -out "$1.csr" -subj "$2"
  openssl x509 -req -in "$1.csr" -CA "$ca.crt" -CAkey "$ca.key" -CAcreateserial -days 3650 -out "$1.crt" -extfile <(
    echo 'keyUsage=critical,digitalSignature'
    echo 'extendedKeyUsage=clientAuth,serverAuth'
    [ -z "${3:-}" ] || echo "subjectAltName=$3"
  )
  rm "$1.csr"
}
kubeconfig() { # NAME SUBJECT
  certificate "$1" "$2"
  cat > "$1.conf" << CONF
apiVersion: v1
kind: Config
clusters: [{name: cluster, cluster: {server: 'https://$node_ip:6443', certificate-authority: ca.crt}}]
users: [{name: $1, user: {client-certificate: $1.crt, client-key: $1.key}}]
contexts: [{name: cluster, context: {cluster: cluster, user: $1}}]
current-context: cluster
CONF
}

authority ca
authority front-proxy-ca
certificate apiserver /CN=kube-apiserver \
  DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:$api_ip,IP:$node_ip,IP:127.0.0.1
certificate kubelet-client /O=system:masters/CN=apiserver-kubelet-client
certificate kubelet-server /CN=node1 "DNS:node1,IP:$node_ip"
certificate front-proxy /CN=front-proxy '' front-proxy-ca
kubeconfig admin /O=system:masters/CN=admin
kubeconfig kubelet /O=system:nodes/CN=system:node:node1
kubeconfig controller-manager /CN=system:kube-controller-manager
kubeconfig scheduler /CN=system:kube-scheduler
kubeconfig proxy /CN=system:kube-proxy
openssl genrsa -out sa.key 2048
openssl rsa -in sa.key -pubout -out sa.pub
