# what: PostgreSQL under pgbench, 4 clients (processes with shared semaphores)
# package: postgresql
# needs: setpriv
bin=$(echo /usr/lib/postgresql/*/bin)
[ -x "$bin/pgbench" ] || exit 0
[ "$(id -u)" -ne 0 ] || chown 65534:65534 .
as_user "$bin/initdb" -D "$PWD/data" -U me -A trust -N >install.log 2>&1
run_as_user "$bin/postgres" -D "$PWD/data" -k "$PWD" -h '' -F 2>server.log &
until_it_works "$bin/psql" -h "$PWD" -U me -d postgres -c 'select 1'
"$bin/pgbench" -h "$PWD" -U me -i -q postgres 2>/dev/null >/dev/null
"$bin/pgbench" -h "$PWD" -U me -c 4 -j 2 -t 500 postgres >figures 2>/dev/null
answers=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' figures)
rate "$answers"
"$bin/psql" -h "$PWD" -U me -d postgres -Atc 'select count(*) from pgbench_accounts'
as_user "$bin/pg_ctl" -D "$PWD/data" -m fast stop >/dev/null
wait
