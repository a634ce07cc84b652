#!/bin/bash
# Builds the application's image with one function more, made from the template for C, and renders its manifests. All of it is
# made in an overlay of the checkout, so that nobody else sees that function: run it by `unshare --mount`.
# Usage: build-application.sh PRODUCT IMAGE    (a folder for image.tar and manifests/, and the image's name)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
image=$2
mount -t tmpfs none /mnt
mkdir /mnt/{upper,work,product}
mount --bind "$1" /mnt/product
mount -t overlay -o "redirect_dir=on,lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" none "$root"
cd "$root"

npm run --silent new -- histogram --lang c
npm run --silent setup
npm run --silent kubernetes
cp -a deploy/kubernetes /mnt/product/manifests
test/cluster/base-image.sh
BUILDAH_ISOLATION=chroot npm run --silent image -- --base localhost/dapr-wasmedge-base:trixie --tag "$image" \
  --output /mnt/product/image.tar
