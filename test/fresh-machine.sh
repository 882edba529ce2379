#!/bin/sh
# `npm ci && npm test` on a machine that has nothing: a Debian 12 with only its base, certificates,
# git, and the Node and npm that run this script. What a test needs and does not find there has to
# be a skip with its reason, not a failure.
#
#   test/fresh-machine.sh                 the whole of `npm test`
#   test/fresh-machine.sh test/ca …       these files and folders only
#
# Root, mmdebstrap and the right to mount are needed. Everything is removed at the end.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)

command -v mmdebstrap >/dev/null || {
  echo "mmdebstrap is not installed; sudo apt-get install mmdebstrap" >&2
  exit 1
}
if [ "${INSIDE:-}" != yes ]; then
  # Mounts and processes of its own, which end with this script whatever happens.
  exec env INSIDE=yes unshare --mount --pid --fork --kill-child "$0" "$@"
fi

work=$(mktemp -d)
root=$work/root
mkdir "$root"
clean() {
  for place in root/.npm dev proc; do
    ! mountpoint --quiet "$root/$place" || umount --recursive --lazy "$root/$place"
  done
  rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP

echo "A minimal Debian 12 …" >&2
mmdebstrap --quiet --variant=minbase --include=ca-certificates,git bookworm "$work/root.tar"
tar --extract --file="$work/root.tar" --directory="$root" --exclude='./dev/*'
rm "$work/root.tar"

# Node and npm as they are here, wherever they are here.
mkdir -p "$root/opt/node/bin" "$root/opt/node/lib/node_modules"
cp "$(node --print process.execPath)" "$root/opt/node/bin/node"
cp -R "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$root/opt/node/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/opt/node/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/opt/node/bin/npx"

# Every installer writes this file; a bare root has none.
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"

# The same way to the registry as here, and what was fetched before.
cp /etc/resolv.conf "$root/etc/resolv.conf"
registry=$(npm config get registry)
cafile=$(npm config get cafile)
[ "$cafile" = null ] || cp "$cafile" "$root/opt/node/registry-roots.pem"
cache=$(npm config get cache)
mkdir -p "$cache" "$root/root/.npm"

mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs tmpfs "$root/dev/shm"
mount --bind "$cache" "$root/root/.npm"

# What is in the work tree, committed or not, as a repository of its own.
mkdir "$root/root/devtls"
git -C "$here" ls-files -z --cached --others --exclude-standard |
  (cd "$here" && xargs -0 sh -c 'for file; do [ ! -f "$file" ] || printf "%s\0" "$file"; done' sh) |
  tar --create --directory="$here" --null --files-from=- |
  tar --extract --directory="$root/root/devtls" --no-same-owner

inside() {
  env --ignore-environment HOME=/root TERM=dumb PATH=/opt/node/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    npm_config_registry="$registry" npm_config_prefer_offline=true \
    ${DEVTLS_SOAK_SECONDS:+DEVTLS_SOAK_SECONDS="$DEVTLS_SOAK_SECONDS"} \
    ${DEVTLS_INSTALL:+DEVTLS_INSTALL="$DEVTLS_INSTALL"} \
    $([ "$cafile" = null ] || echo npm_config_cafile=/opt/node/registry-roots.pem) \
    chroot "$root" sh -euc "cd /root/devtls; $1" sh "$@"
}
inside 'git init --quiet; git add --all
  git -c user.name=x -c user.email=x@localhost commit --quiet --message "As it is"'
inside 'npm ci'
test=$*
inside "npm test -- $test"
