#!/bin/bash
# Runs the cluster until the standard input ends, so until its owner does, however that ends; then takes away what is left
# of it outside of its namespaces.
# Usage: run.sh PRODUCTS RUN    (absolute folders: what was built, and the state of this run, a new one)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PRODUCTS=$1 RUN=$2 CGROUP=cluster-$$

mkdir -p "$RUN/log"
unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private "$here/node.sh" <&0 > "$RUN/log/node.log" 2>&1 &
outer=$!
trap 'kill $outer 2> /dev/null' TERM
first=
until [ -n "$first" ] || ! kill -0 $outer 2> /dev/null; do
  read -r first < "/proc/$outer/task/$outer/children" || sleep 0.02
done
echo "$first" > "$RUN/first-process"

# A signal interrupts `wait`; the namespaces still have to end before their cgroups can be removed.
while kill -0 $outer 2> /dev/null; do wait $outer || true; done
for folder in /sys/fs/cgroup/*/"$CGROUP"; do
  [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} \;
done
rm -rf "$RUN/state" "$RUN/overlay" "$RUN/first-process"
