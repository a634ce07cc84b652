#!/bin/bash
# A base image for deploy/Dockerfile where no image registry can be reached: Debian trixie by mmdebstrap, with this machine's
# own Node and npm where node:…-trixie-slim has them. Puts it into buildah's store, unless it is there, and prints nothing.
#   test/cluster/base-image.sh [tag]       as root; NODE names another node
set -euo pipefail
tag=${1:-localhost/dapr-wasmedge-base:trixie}
node=$(readlink -f "${NODE:-$(command -v node)}")
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}
if buildah images --quiet "$tag" > /dev/null 2>&1; then exit; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The mirror that this machine's own apt uses.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' | awk '/^Debian [a-z]+ / {print $3; exit}')
mmdebstrap --quiet --variant=minbase --include=libstdc++6 --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' trixie "$folder/base.tar" "$mirror"
mkdir -p "$folder/root/usr/local/bin" "$folder/root/usr/local/lib/node_modules"
cp "$node" "$folder/root/usr/local/bin/node"
cp -a "$(npm root -g)/npm" "$folder/root/usr/local/lib/node_modules/"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$folder/root/usr/local/bin/npm"
tar -C "$folder/root" --owner=0 --group=0 -rf "$folder/base.tar" ./usr/local
container=$(buildah from scratch)
buildah add --quiet "$container" "$folder/base.tar" / > /dev/null
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd node "$container"
buildah commit --quiet --rm "$container" "$tag" > /dev/null
