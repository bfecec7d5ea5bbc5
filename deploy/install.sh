#!/bin/sh
# Install, update or remove Lampyre on Raspberry Pi OS or Debian 12 and 13. Run it again to update; it changes nothing twice.
set -eu
umask 022

usage() {
    cat <<'TEXT'
sudo deploy/install.sh [options]

  --wheel FILE       installer ce fichier wheel          install this wheel instead of building one from here
  --wheelhouse DIR   sans réseau : wheels de DIR         no network: take every wheel from DIR (deploy/wheelhouse.py)
  --with-broker      aussi mosquitto, sur ce nœud        mosquitto too, on this node
  --console NAME     console sur /dev/NAME               the technician's console on /dev/NAME (such as serial0)
  --uninstall        retirer, garder config et données   remove the program, keep configuration and data
  --help
TEXT
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
opt=/opt/lampyre
etc=/etc/lampyre
units=/etc/systemd/system
word=/usr/local/bin/lampyre
rules=/etc/udev/rules.d/60-lampyre.rules
modules=/etc/modules-load.d/lampyre.conf
wheel='' wheelhouse='' console='' broker=no job=install scratch=''

say() { printf 'lampyre: %s\n         %s\n' "$1" "$2"; }
fail() {
    printf 'lampyre: %s\n         %s\n' "$1" "$2" >&2
    exit 1
}
running() { [ -d /run/systemd/system ]; } # false in an image that is being prepared
has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
tidy() { [ -z "$scratch" ] || rm -rf "$scratch"; }
trap tidy EXIT
trap 'exit 130' INT TERM

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --wheel | --wheelhouse | --console)
            [ $# -ge 2 ] || fail "$1 : valeur manquante ; voir --help" "$1: its value is missing; see --help"
            case $1 in
            --wheel) wheel=$2 ;;
            --wheelhouse) wheelhouse=$2 ;;
            --console) console=${2#/dev/} ;;
            esac
            shift
            ;;
        --with-broker) broker=yes ;;
        --uninstall) job=uninstall ;;
        --help | -h) usage && exit 0 ;;
        *) fail "option inconnue : $1 ; voir --help" "unknown option: $1; see --help" ;;
        esac
        shift
    done
}

check_machine() {
    [ "$(id -u)" = 0 ] || fail "il faut être root : sudo $0" "needs root: sudo $0"
    # shellcheck source=/dev/null
    system=$(. /etc/os-release && echo "${ID:-?} ${VERSION_ID:-?}")
    case $system in
    'debian 12' | 'debian 13' | 'raspbian 12' | 'raspbian 13') ;;
    *) fail "$system n'est pas pris en charge ; prendre Raspberry Pi OS ou Debian, version 12 ou 13" \
        "$system is not supported; take Raspberry Pi OS or Debian, release 12 or 13" ;;
    esac
    [ -z "$wheel" ] || [ -f "$wheel" ] || fail "--wheel $wheel : fichier absent" "--wheel $wheel: no such file"
    [ -z "$wheelhouse" ] || [ -d "$wheelhouse" ] ||
        fail "--wheelhouse $wheelhouse : dossier absent" "--wheelhouse $wheelhouse: no such folder"
}

get_packages() {
    missing=''
    # tzdata: local time of the lighting calendar; python3-venv brings python3 itself; passwd: useradd
    for package in python3-venv tzdata passwd "$@"; do
        has_package "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installation des paquets :$missing" "installing the packages:$missing"
    # shellcheck disable=SC2086 # a list of names
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; } ||
        fail "apt n'a pas pu installer :$missing ; vérifier le réseau et l'heure, puis relancer" \
            "apt could not install:$missing; check network and clock, then run this again"
}

make_user() {
    for group in gpio i2c; do # Raspberry Pi OS has them, Debian has not
        getent group "$group" >/dev/null || groupadd --system "$group"
    done
    getent passwd lampyre >/dev/null ||
        useradd --system --user-group --home-dir /var/lib/lampyre --no-create-home --shell /usr/sbin/nologin lampyre
    usermod --append --groups dialout,gpio,i2c lampyre # serial lines, GPIO and PWM chips, I2C buses
}

pip_in() { # VENV ARGUMENTS...
    venv=$1
    shift
    if [ -n "$wheelhouse" ]; then
        set -- --no-index --find-links "$wheelhouse" "$@"
    fi
    "$venv/bin/python" -m pip install --quiet --no-deps "$@" ||
        fail "pip a échoué (voir ci-dessus) ; vérifier le réseau, l'heure et la place (df -h /opt), puis relancer" \
            "pip failed (see above); check network, clock and space (df -h /opt), then run this again"
}

find_wheel() { # sets $wheel
    [ -z "$wheel" ] || return 0
    if [ -n "$wheelhouse" ]; then
        for found in "$wheelhouse"/lampyre-*.whl; do
            [ ! -f "$found" ] || wheel=$found
        done
        [ -n "$wheel" ] || fail "aucun lampyre-*.whl dans $wheelhouse ; le remplir par deploy/wheelhouse.py" \
            "no lampyre-*.whl in $wheelhouse; fill it with deploy/wheelhouse.py"
        return 0
    fi
    say "construction du programme" "building the program"
    python3 -m venv "$scratch/build"
    pip_in "$scratch/build" --require-hashes --requirement "$here/lock/build.txt"
    "$scratch/build/bin/python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$scratch" "$here/.."
    wheel=$(echo "$scratch"/lampyre-*.whl)
}

# Two folders, a and b: the new one is made whole beside the one that runs, then the link turns.
install_program() {
    stamp=$(python3 --version && cat "$here/lock/node.txt" "$wheel" | sha256sum)
    now=$(readlink "$opt/venv" || true)
    if [ -n "$now" ] && [ "$(cat "$opt/$now/stamp" 2>/dev/null)" = "$stamp" ]; then
        say "le programme est déjà à jour" "the program is up to date already"
        return 0
    fi
    if [ "$now" = a ]; then next=b; else next=a; fi
    say "installation du programme dans $opt/$next" "installing the program into $opt/$next"
    rm -rf "${opt:?}/$next"
    mkdir -p "$opt"
    python3 -m venv "$opt/$next"
    pip_in "$opt/$next" --require-hashes --requirement "$here/lock/node.txt"
    pip_in "$opt/$next" "$wheel"
    # the agent runs without docstrings (python -OO) and may not write here: compile now, or each start pays for it
    "$opt/$next/bin/python" -OO -m compileall -q -j 0 "$opt/$next/lib" >/dev/null 2>&1 || true
    "$opt/$next/bin/lampyre" --help >/dev/null ||
        fail "le nouveau programme ne démarre pas (voir ci-dessus) ; l'ancien reste en place" \
            "the new program does not start (see above); the old one stays in place"
    printf '%s\n' "$stamp" >"$opt/$next/stamp"
    ln -sfn "$next" "$opt/venv.new"
    mv -T "$opt/venv.new" "$opt/venv"
}

install_files() {
    install -d -m 755 "$opt/share" "$units" "${rules%/*}" "${modules%/*}"
    install -m 644 "$here/README.md" "$here/node.example.toml" "$here/broker.conf" "$opt/share/"
    install -m 644 "$here/lampyre.service" "$here/lampyre-console.service" "$here/lampyre-console@.service" "$units/"
    install -m 644 "$here/60-lampyre.rules" "$rules"
    install -m 644 "$here/lampyre.modules" "$modules"
    ln -sfn "$opt/venv/bin/lampyre" "$word"
    install -d -m 750 -o root -g lampyre "$etc"
    first=no
    if [ ! -e "$etc/node.toml" ]; then
        first=yes
        install -m 640 -o root -g lampyre "$here/node.example.toml" "$etc/node.toml"
    fi
}

enable_units() {
    set -- lampyre.service lampyre-console.service
    if [ -n "$console" ]; then
        set -- "$@" "lampyre-console@$(systemd-escape -- "$console").service"
    fi
    systemctl enable --quiet "$@"
    running || return 0
    systemctl daemon-reload
    grep -v '^#' "$modules" | xargs modprobe -aq 2>/dev/null || true # a container has none, a kernel may have them built in
    if udevadm control --reload 2>/dev/null; then # a container has no udev
        udevadm trigger --settle --subsystem-match=tty --subsystem-match=gpio --subsystem-match=i2c-dev --subsystem-match=pwm
    fi
    [ "$first" = no ] || return 0
    if runuser -u lampyre -- "$word" check "$etc/node.toml" >/dev/null; then
        systemctl try-restart 'lampyre-console@*.service'
        systemctl restart "$@" || fail "le service ne démarre pas : journalctl -u lampyre -n 50" \
            "the service does not start: journalctl -u lampyre -n 50"
        say "lampyre tourne : systemctl status lampyre" "lampyre runs: systemctl status lampyre"
    else
        fail "$etc/node.toml est refusé (voir ci-dessus) ; le corriger, puis : systemctl restart lampyre lampyre-console" \
            "$etc/node.toml is refused (see above); correct it, then: systemctl restart lampyre lampyre-console"
    fi
}

check_clock() {
    [ -e /lib/systemd/systemd-timesyncd ] && return 0
    say "sans systemd-timesyncd l'heure n'est jamais sûre : l'installer, ou écrire clock = \"rtc\" dans [node]" \
        "without systemd-timesyncd the clock is never trusted: install it, or write clock = \"rtc\" in [node]"
}

tell_next() {
    [ "$first" = yes ] || return 0
    cat <<TEXT

Ensuite :                                            Next:
  1. décrire le nœud                                   describe the node
       sudo nano $etc/node.toml
  2. vérifier                                          check it
       sudo -u lampyre lampyre check $etc/node.toml
  3. démarrer                                          start
       sudo systemctl restart lampyre lampyre-console
  4. regarder                                          look
       systemctl status lampyre ; journalctl -fu lampyre

Le guide / the guide: $opt/share/README.md
TEXT
}

uninstall() {
    for unit in lampyre.service lampyre-console.service "$units"/*.wants/lampyre-console@*.service; do
        unit=${unit##*/}
        [ "$unit" != 'lampyre-console@*.service' ] || continue
        if running; then
            systemctl stop "$unit" 2>/dev/null || true # not loaded: nothing to stop
        fi
        systemctl disable --quiet "$unit" 2>/dev/null || true # not there: nothing to disable
    done
    rm -f "$units/lampyre.service" "$units/lampyre-console.service" "$units/lampyre-console@.service" "$rules" "$modules" "$word"
    rm -rf "$opt"
    if running; then
        systemctl daemon-reload
    fi
    say "retiré ; restent $etc, /var/lib/lampyre et l'utilisateur lampyre" \
        "removed; $etc, /var/lib/lampyre and the user lampyre stay"
    say "pour tout effacer : sudo rm -r $etc /var/lib/lampyre && sudo userdel lampyre" \
        "to erase all: sudo rm -r $etc /var/lib/lampyre && sudo userdel lampyre"
}

read_options "$@"
check_machine
if [ "$job" = uninstall ]; then
    uninstall
    exit 0
fi
scratch=$(mktemp -d)
if [ "$broker" = yes ]; then get_packages mosquitto; else get_packages; fi
make_user
find_wheel
install_program
install_files
check_clock
enable_units
tell_next
