# Sourced by node.sh: containerd, kubelet, kube-proxy.
cat > "$RUN/containerd.toml" << TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  # Without CAP_SYS_RESOURCE no score can be lowered.
  restrict_oom_score_adj = true
  sandbox_image = "cluster.test/pause:built"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
TOML
start containerd containerd --config "$RUN/containerd.toml"
cat > "$RUN/kubelet.yaml" << YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $keys/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $keys/kubelet-server.crt
tlsPrivateKeyFile: $keys/kubelet-server.key
address: $node_ip
clusterDNS: [$dns_ip]
clusterDomain: cluster.local
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
enforceNodeAllocatable: [pods]
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
evictionHard: {nodefs.available: "1%", imagefs.available: "1%", memory.available: "100Mi", nodefs.inodesFree: "1%"}
imageGCHighThresholdPercent: 99
syncFrequency: 10s
YAML
start kubelet kubelet --config="$RUN/kubelet.yaml" --kubeconfig="$keys/kubelet.conf" --hostname-override=node1 --node-ip="$node_ip" --v=2
start kube-proxy kube-proxy --kubeconfig="$keys/proxy.conf" --proxy-mode=nftables --hostname-override=node1 --cluster-cidr="$pod_cidr" \
  --bind-address="$node_ip" --conntrack-max-per-core=0
