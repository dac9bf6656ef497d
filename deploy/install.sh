#!/bin/sh
# Installs Stowage as services of this machine, upgrades it in place, and takes it away again. `install.sh --help` tells the rest.
# What it owns: $PREFIX, the link /usr/local/bin/stowctl, two units in /etc/systemd/system. What it makes once and then leaves to
# people: /etc/stowage, the user stowage.
set -eu

PREFIX=${PREFIX:-/opt/stowage}
DESTDIR=${DESTDIR:-}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$DESTDIR$PREFIX
etc=$DESTDIR/etc/stowage
units=$DESTDIR/etc/systemd/system
link=$DESTDIR/usr/local/bin/stowctl

usage() {
  cat <<END
usage: install.sh server|agent [--from PACKAGE.tgz] [--no-start] [--SETTING VALUE]...
       install.sh rollback
       install.sh uninstall [--purge]

server, agent  installs that role, or upgrades the program; a machine may have both. The program is made from this checkout, or
               comes from PACKAGE, as \`npm pack\` makes it. Every other flag is one of \`stowctl master\` or \`stowctl agent\`, and is
               written to /etc/stowage/master.yaml or agent.yaml; what stands there otherwise is left as it is.
rollback       goes back to the version before this one; once more: forth again
uninstall      removes the program and its services; settings, state and containers stay. --purge removes these too

  install.sh server --store etcd --etcd-endpoints http://10.0.0.1:2379
  install.sh agent --master https://10.0.0.2:6443 --token stw1....

environment    PREFIX   where programs go (/opt/stowage)
               DESTDIR  another root to install below; then no user is made and no service is started
END
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
misuse() {
  printf 'install.sh: %s; see install.sh --help\n' "$*" >&2
  exit 2
}

# Runs a command that has much to say: it is heard when the command fails.
quietly() {
  "$@" >"$work/log" 2>&1 && return
  cat "$work/log" >&2
  return 1
}

# True where services of this machine are to be told.
live() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }

require_root() {
  [ -n "$DESTDIR" ] || [ "$(id -u)" = 0 ] || fail "this installs below $PREFIX and /etc, which takes root: run it with sudo, or name another root with DESTDIR"
}

# The Node.js that npm needs to install the package; the program itself then runs on the one that comes with it.
require_node() {
  needed=$(sed -n 's/.*"node": *">=\([0-9]*\).*/\1/p' "$1")
  command -v node >/dev/null || fail "Node.js $needed or newer is needed and there is none on the PATH: install the packages nodejs and npm"
  found=$(node --version)
  major=${found#v}
  [ "${major%%.*}" -ge "$needed" ] || fail "Node.js $needed or newer is needed, and $(command -v node) is $found: install a newer one, or put it first on the PATH"
  command -v npm >/dev/null || fail "npm is needed and there is none on the PATH: install the package npm"
}

# Puts the package into $work/package.tgz: the one named, or this checkout's, or that of the unpacked package this script lies in.
make_package() {
  if [ -n "$from" ]; then
    [ -f "$from" ] || fail "there is no package $from: name a file that \`npm pack\` made"
    cp "$from" "$work/package.tgz"
  else
    source=$(dirname "$here")
    [ -f "$source/package.json" ] || fail "this script lies in no checkout and no package: name a package with --from"
    require_node "$source/package.json"
    scripts=--ignore-scripts
    if [ -f "$source/tsconfig.build.json" ]; then
      scripts=--foreground-scripts
      [ -d "$source/node_modules/typescript" ] || (cd "$source" && quietly npm ci --no-audit --no-fund) ||
        fail "npm cannot install what builds the package in $source: what it said stands above"
    fi
    (cd "$source" && quietly npm pack "$scripts" --pack-destination "$work") ||
      fail "the package cannot be made of $source: what npm said stands above"
    mv "$work"/stowage-*.tgz "$work/package.tgz"
  fi
  tar -xzOf "$work/package.tgz" package/package.json >"$work/package.json" 2>/dev/null ||
    fail "$from is no package of npm: name a file that \`npm pack\` made"
  grep -q '"name": *"stowage"' "$work/package.json" || fail "$from is a package of something else: name one of stowage"
  require_node "$work/package.json"
}

# Makes $root/versions/$version out of the package, unless it is there. What is there is whole: it gets its name last.
install_version() {
  number=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$work/package.json" | head -n 1)
  digest=$(sha256sum "$work/package.tgz" | cut -c 1-8)
  version=$number-$digest
  place=$root/versions/$version
  [ ! -d "$place" ] || return 0
  new=$root/versions/.new
  rm -rf "$new"
  mkdir -p "$new/bin"
  printf '{ "private": true, "allowScripts": { "node": true } }\n' >"$new/package.json"
  quietly npm install --prefix "$new" --omit=dev --no-audit --no-fund --prefer-offline "$work/package.tgz" ||
    fail "npm cannot install the package: what it said stands above"
  cat >"$new/bin/stowctl" <<'END'
#!/bin/sh
# Runs this version on the Node.js that came with it.
home=$(dirname "$(dirname "$(readlink -f "$0")")")
PATH=$home/node_modules/.bin:$PATH exec node "$home/node_modules/stowage/bin/stowctl.js" "$@"
END
  chmod 755 "$new/bin/stowctl"
  "$new/bin/stowctl" version >/dev/null || fail "the new version does not run: what it said stands above"
  mv "$new" "$place"
}

# point NAME VERSION: $root/NAME becomes a link to the version, in one step.
point() {
  ln -sfn "versions/$2" "$root/.$1"
  mv -T "$root/.$1" "$root/$1"
}

target() { basename "$(readlink "$root/$1" 2>/dev/null || true)"; }

switch_to() {
  now=$(target current)
  [ "$now" != "$1" ] || return 0
  [ -z "$now" ] || point previous "$now"
  point current "$1"
}

# The current version, the one before it, and nothing else.
remove_old_versions() {
  for each in "$root"/versions/* "$root"/versions/.new; do
    case $(basename "$each") in
      "$(target current)" | "$(target previous)") ;;
      *) rm -rf "$each" ;;
    esac
  done
}

install_link() {
  mkdir -p "$(dirname "$link")"
  if [ -e "$link" ] && [ ! -L "$link" ]; then fail "$link is somebody else's: move it away"; fi
  ln -sfn "$PREFIX/current/bin/stowctl" "$link"
}

# Units of the roles that are here, from the version that runs: an upgrade brings its own.
install_units() {
  mkdir -p "$units"
  for unit in "$root"/current/node_modules/stowage/deploy/systemd/stowage-*.service; do
    name=$(basename "$unit")
    [ "$name" = "$1" ] || [ -f "$units/$name" ] || continue
    sed "s#/opt/stowage#$PREFIX#g" "$unit" >"$units/$name"
  done
}

make_user() {
  [ -z "$DESTDIR" ] || return 0
  id stowage >/dev/null 2>&1 || useradd --system --user-group --home-dir /var/lib/stowage --no-create-home --shell /usr/sbin/nologin stowage
}

# set_key FILE KEY VALUE: the one line of the key, in its place or at the end.
set_key() {
  KEY=$2 VALUE=$3 awk '
    function line() { gsub(/\047/, "\047\047", value); return key ": \047" value "\047" }
    BEGIN { key = ENVIRON["KEY"]; value = ENVIRON["VALUE"] }
    index($0, key ":") == 1 { if (!done) print line(); done = 1; next }
    { print }
    END { if (!done) print line() }' "$1" >"$work/file"
  # Into the same file: its owner and mode are people's.
  cat "$work/file" >"$1"
}

# Makes the role's file of settings where there is none, closed to others since it may hold a token, and writes the given ones.
configure() {
  mkdir -p "$etc"
  if [ ! -f "$config" ]; then
    (umask 077 && cat >"$config") <<END
# Settings of \`stowctl $command\`: keys are the names of its flags, which \`stowctl $command --help\` lists.
data-dir: $data
END
  fi
  chmod 640 "$config"
  [ "$role" = agent ] || [ -n "$DESTDIR" ] || chgrp stowage "$config"
  while [ $# -gt 0 ]; do
    case $1 in
      --?*=*) key=${1%%=*} value=${1#*=} ;;
      --?*)
        key=$1 value=true
        case ${2---} in --*) ;; *)
          value=$2
          shift
          ;;
        esac
        ;;
      *) misuse "\"$1\" is no setting" ;;
    esac
    set_key "$config" "${key#--}" "$value"
    shift
  done
}

# What services here depend on, in a word: who has changed none of it restarts nothing.
fingerprint() {
  { readlink "$root/current" && cat "$etc"/*.yaml "$units"/stowage-*.service; } 2>/dev/null | sha256sum
}

# Starts the role, and has what runs here already run on what has changed since the fingerprint $before.
start() {
  live || return 0
  systemctl daemon-reload
  verb=restart
  [ "$before" != "$(fingerprint)" ] || verb=start
  for each in master agent; do
    name=stowage-$each.service
    [ -f "$units/$name" ] || continue
    if [ "$each" = "$command" ] && [ "$no_start" = no ]; then
      systemctl enable --quiet "$name"
      systemctl "$verb" "$name" 2>/dev/null || {
        journalctl --unit "$name" --lines 50 --output cat | grep '^stowctl: ' | tail -n 1 >&2
        fail "$name does not start: see \`journalctl -u $name\`, mend $config, then run this again or go back with \`install.sh rollback\`"
      }
    elif [ "$verb" = restart ]; then
      systemctl try-restart "$name"
    fi
  done
}

# An agent needs to know whom to join.
check_agent() {
  [ "$command" = agent ] && [ "$no_start" = no ] || return 0
  for key in master token; do
    grep -q "^$key:" "$config" || fail "the agent needs --$key: run this with what \`stowctl token create\` prints where the master is, or with --no-start"
  done
}

# Sorts what was given into `from`, `no_start`, and the settings, of which it makes `configure`'s arguments.
install_role() {
  role=$1
  shift
  case $role in
    server) command=master data=/var/lib/stowage ;;
    agent) command=agent data=/var/lib/stowage-agent ;;
  esac
  config=$etc/$command.yaml
  from='' no_start=no left=$#
  while [ "$left" -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit ;;
      --from)
        [ "$left" -gt 1 ] || misuse '--from needs a file'
        from=$2 left=$((left - 1))
        shift
        ;;
      --no-start) no_start=yes ;;
      *) set -- "$@" "$1" ;;
    esac
    left=$((left - 1))
    shift
  done
  case ${1---} in --*) ;; *) misuse "\"$1\" is no setting" ;; esac
  require_root
  install_all "$@"
  say "Stowage $version is installed in $PREFIX; settings of this $role: /etc/stowage/$command.yaml"
  live || say "no services are told here; to start it by hand: stowctl $command --config /etc/stowage/$command.yaml"
}

install_all() {
  before=$(fingerprint)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  make_package
  mkdir -p "$root/versions"
  install_version
  make_user
  configure "$@"
  check_agent
  switch_to "$version"
  remove_old_versions
  install_link
  install_units "stowage-$command.service"
  start
}

rollback() {
  require_root
  before=$(fingerprint) version=$(target previous)
  [ -d "$root/versions/${version:-none}" ] || fail "there is no version before the one in $PREFIX"
  switch_to "$version"
  command='' no_start=yes
  install_units none
  start
  say "Stowage $version is back; the version after it is kept, and \`install.sh rollback\` goes there again"
}

stop_services() {
  live || return 0
  for each in agent master; do
    [ ! -f "$units/stowage-$each.service" ] || systemctl disable --quiet --now "stowage-$each.service"
  done
}

uninstall() {
  require_root
  [ "${1---purge}" = --purge ] || misuse "\"$1\" is no flag of uninstall"
  stop_services
  if [ "${1-}" = --purge ] && [ -x "$root/current/bin/stowctl" ]; then
    agent_data=$DESTDIR/var/lib/stowage-agent
    [ ! -d "$agent_data" ] || "$root/current/bin/stowctl" down --data-dir "$agent_data" ||
      fail "containers of this machine are not removed, so neither is the program: mend what stands above, or uninstall without --purge"
  fi
  rm -f "$units/stowage-master.service" "$units/stowage-agent.service" "$link"
  rm -rf "$root"
  if live; then systemctl daemon-reload; fi
  if [ "${1-}" = --purge ]; then
    rm -rf "$units"/stowage-master.service.d "$units"/stowage-agent.service.d
    rm -rf "$etc" "$DESTDIR/var/lib/stowage" "$DESTDIR/var/cache/stowage" "$DESTDIR/var/cache/stowage-agent"
    [ -n "$DESTDIR" ] || ! id stowage >/dev/null 2>&1 || userdel stowage
    say 'Stowage, its settings, its state and its containers are removed. What a cell keeps in etcd is still there.'
  else
    say 'Stowage is removed. Kept: /etc/stowage, /var/lib/stowage (with the keys of the cell), /var/lib/stowage-agent, running containers.'
  fi
}

case ${1-} in
  server | agent) install_role "$@" ;;
  rollback) rollback ;;
  uninstall)
    shift
    uninstall "$@"
    ;;
  -h | --help | help) usage ;;
  '') misuse 'server, agent, rollback or uninstall?' ;;
  *) misuse "\"$1\" is none of server, agent, rollback, uninstall" ;;
esac
