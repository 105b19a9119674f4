#!/bin/sh
# What other people's libraries say of our texts and logs: Go's note and tlog packages (the checksum database's) read the
# genesis and every log of a demonstration. ENTENTE_BUILD: the folder of entente and ententd (default: build).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${ENTENTE_BUILD:-$here/../../build}
failed=0

say() { # say result name [log file]
	echo "$1 $2"
	[ "$1" = ok ] || sed 's/^/     /' "$3"
	[ "$1" != FAIL ] || failed=1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

name="Go's note and tlog packages verify the genesis and every log of a demonstration"
if ! command -v go >/dev/null 2>&1; then
	echo "go is not installed" >"$work/out"
	say SKIP "$name" "$work/out"
	exit 0
fi
if ! (cd "$here/go-note" && go build -o "$work/go-note" .) >"$work/out" 2>&1; then
	if ! (cd "$here/go-note" && go mod download) >/dev/null 2>&1; then
		echo "golang.org/x/mod is neither in Go's module cache nor to be had from the network" >"$work/out"
		say SKIP "$name" "$work/out"
		exit 0
	fi
	say FAIL "go-note does not build" "$work/out"
	exit 1
fi

head -c 5000 /dev/zero >"$work/file"
if ! "$build/entente" demo --dir "$work/demo" "$work/file" >"$work/out" 2>&1; then
	say FAIL "the demonstration runs" "$work/out"
	exit 1
fi

# A key line of the genesis by its first word and the start of its name: "log au.example/access" -> the line's second word.
key() {
	awk -v kind="$1" -v name="$2" '$1 == kind && index($2, name "+") == 1 { print $2 }' "$work/demo/genesis"
}

for member in au.example uk.example us.example; do
	for log in statements access; do
		folder=$work/demo/$member/log/$log
		if "$work/go-note" "$folder" "$(key log "$member/$log")" "$work/demo/genesis" \
			"$(key officer "$member/officer/doe")" "$(key officer "$member/officer/roe")" >"$work/out" 2>&1; then
			say ok "Go verifies $member/$log and the genesis"
		else
			say FAIL "Go verifies $member/$log and the genesis" "$work/out"
		fi
	done
done

# The peer is no rubber stamp: it refuses what was touched, and another log's key.
cp -R "$work/demo/au.example/log/access" "$work/changed"
find "$work/changed/tile/entries" -type f | while read -r bundle; do
	printf '\001' | dd of="$bundle" bs=1 seek=40 conv=notrunc 2>/dev/null
done
if "$work/go-note" "$work/changed" "$(key log au.example/access)" >"$work/out" 2>&1; then
	say FAIL "Go refuses a log with one byte changed" "$work/out"
else
	say ok "Go refuses a log with one byte changed"
fi
if "$work/go-note" "$work/demo/au.example/log/access" "$(key log uk.example/access)" >"$work/out" 2>&1; then
	say FAIL "Go refuses a log under another log's key" "$work/out"
else
	say ok "Go refuses a log under another log's key"
fi
exit $failed
