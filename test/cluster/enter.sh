#!/bin/bash
# Runs a command in the cluster that `npm run test:cluster` has up: test/cluster/enter.sh kubectl get pods --all-namespaces
set -euo pipefail
cluster=$(cd "$(dirname "$0")/../../.runtime/cluster" && pwd)
first=$(cat "$cluster/run/first-process" 2> /dev/null) || {
  echo 'There is no cluster up: npm run test:cluster -- --stay' >&2
  exit 1
}
export KUBECONFIG=$cluster/keys/admin.conf KUBECACHEDIR=$cluster/run/kubectl HELM_CACHE_HOME=$cluster/run/helm HELM_CONFIG_HOME=$cluster/run/helm HELM_DATA_HOME=$cluster/run/helm
PATH=$cluster/kubernetes:$cluster/helm:$PATH exec nsenter --target "$first" --mount --net --pid --wd="$PWD" "$@"
