# what: memcached -t 2, sets and gets over 8 connections
# package: memcached
# needs: memcached
# suite: quick
user=$([ "$(id -u)" -ne 0 ] || echo -u root)
# shellcheck disable=SC2086  # a list of words
run memcached $user -t 2 -m 64 -s "$PWD/socket" -A &
until_it_works test -S "$PWD/socket"
answers=$("$REAL_LOAD" "$PWD/socket" 8 60000)
rate "$answers"
wait
