#!/bin/bash
# The first process of the cluster's namespaces, and with it everything in them ends: one node of Kubernetes, with its
# control plane. Nothing in here is reachable from outside, and nothing outside from here.
# Started by run.sh, which sets PRODUCTS, RUN and CGROUP.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
keys=$PRODUCTS/keys
export PATH=$PRODUCTS/kubernetes:$PATH
. "$here/addresses.sh"

# What of Debian's packages the machine itself does not have appears in /usr, for this mount namespace alone.
mount -t overlay cluster-usr -o "ro,lowerdir=$PRODUCTS/debian-packages/usr:/usr" /usr
for name in etc var opt; do
  mkdir -p "$RUN/overlay/$name/upper" "$RUN/overlay/$name/work"
  mount -t overlay "cluster-$name" -o "lowerdir=/$name,upperdir=$RUN/overlay/$name/upper,workdir=$RUN/overlay/$name/work" "/$name"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock
ldconfig
# Where mounts of pods have to be seen by both; on the real file system.
for name in kubelet containerd; do
  mkdir -p "$RUN/state/$name" "/var/lib/$name"
  mount --bind "$RUN/state/$name" "/var/lib/$name"
  mount --make-rshared "/var/lib/$name"
done

# The node's interface is one end of a veth pair: a kernel without the dummy driver has that. Both ends are in here.
ip link set lo up
ip link add node0 type veth peer name node1
ip addr add "$node_ip/24" dev node0
ip link set node0 up
ip link set node1 up
ip route add default via "$gateway_ip" dev node0
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.bridge.bridge-nf-call-iptables=1 2> /dev/null || true # not there where bridges have no netfilter
echo nameserver 127.0.0.1 > /etc/resolv.conf
mkdir -p /etc/cni/net.d
cat > /etc/cni/net.d/10-cluster.conflist << CNI
{"cniVersion": "0.4.0", "name": "cluster", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
  "ipMasq": false, "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
CNI

# cgroup v1: kubelet wants its root to be there in each hierarchy.
for name in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do mkdir -p "/sys/fs/cgroup/$name/$CGROUP"; done
for name in cpus mems; do cat "/sys/fs/cgroup/cpuset/cpuset.$name" > "/sys/fs/cgroup/cpuset/$CGROUP/cpuset.$name"; done

# start NAME COMMAND ...: none of them may end while the cluster runs; who waits for the cluster reads `ended`.
start() {
  local name=$1
  shift
  { "$@" > "$RUN/log/$name.log" 2>&1 < /dev/null || true; echo "$name" >> "$RUN/ended"; } &
}
. "$here/control-plane.sh"
. "$here/kubelet.sh"

# Bash takes in orphans meanwhile, as a first process has to.
while read -r _; do :; done
