#!/bin/bash
# Records a test of the runtime: it passes as it does unrecorded, and nothing is found in it but what such a test does on
# purpose, which is to leave messages and locks behind.
# Usage: recorded-test.sh HEDDLE PROGRAM
set -euo pipefail
heddle=$(realpath "$1") program=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$heddle" run -o t.heddle -- "$program"
"$heddle" check --kind=deadlock,lock-order-cycle,lost-wakeup,blocked-forever,unlock-not-owner,unlock-not-held,destroy-locked t.heddle
