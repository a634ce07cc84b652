# Sourced by node.sh: etcd, API server, controller manager, scheduler.
mkdir -p "$RUN/state/etcd"
start etcd etcd --data-dir "$RUN/state/etcd" --unsafe-no-fsync \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380
# The aggregation layer, behind which metrics-server is, has an authority of its own.
start kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --advertise-address="$node_ip" --bind-address=0.0.0.0 --secure-port=6443 \
  --tls-cert-file="$keys/apiserver.crt" --tls-private-key-file="$keys/apiserver.key" --client-ca-file="$keys/ca.crt" \
  --kubelet-client-certificate="$keys/kubelet-client.crt" --kubelet-client-key="$keys/kubelet-client.key" \
  --kubelet-certificate-authority="$keys/ca.crt" --kubelet-preferred-address-types=InternalIP \
  --service-account-key-file="$keys/sa.pub" --service-account-signing-key-file="$keys/sa.key" \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local --service-cluster-ip-range="$service_cidr" \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
  --requestheader-client-ca-file="$keys/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy \
  --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
  --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file="$keys/front-proxy.crt" --proxy-client-key-file="$keys/front-proxy.key"
# The autoscaler looks at the metrics every 5 s in place of every 15.
c=$keys/controller-manager.conf
start kube-controller-manager kube-controller-manager --kubeconfig="$c" --authentication-kubeconfig="$c" --authorization-kubeconfig="$c" \
  --root-ca-file="$keys/ca.crt" --service-account-private-key-file="$keys/sa.key" --use-service-account-credentials \
  --cluster-signing-cert-file="$keys/ca.crt" --cluster-signing-key-file="$keys/ca.key" --leader-elect=false \
  --requestheader-client-ca-file="$keys/front-proxy-ca.crt" --bind-address=127.0.0.1 --horizontal-pod-autoscaler-sync-period=5s
c=$keys/scheduler.conf
start kube-scheduler kube-scheduler --kubeconfig="$c" --authentication-kubeconfig="$c" --authorization-kubeconfig="$c" \
  --leader-elect=false --bind-address=127.0.0.1
