# what: mariadbd under mysqlslap, 4 clients
# One thread that mysqld_main spawns ends unjoined. Not yet compared with its source: the rule may go again.
# package: mariadb-server
# needs: mariadbd mariadb-install-db mysqlslap mysqladmin mysql
# finds: thread-leak never joined and never detached
[ "$(id -u)" -ne 0 ] || chown 65534:65534 .
as_user mariadb-install-db --no-defaults --datadir="$PWD/data" --auth-root-authentication-method=normal --skip-test-db >install.log 2>&1
run_as_user mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/socket" --skip-networking --innodb-buffer-pool-size=32M \
        --pid-file="$PWD/pid" 2>server.log &
until_it_works mysqladmin --no-defaults -u root -S "$PWD/socket" ping
mysqlslap --no-defaults -u root -S "$PWD/socket" --auto-generate-sql --auto-generate-sql-load-type=mixed --concurrency=4 --number-of-queries=2000 \
        --csv=figures >/dev/null
answers=$(awk -F, '{ print 2000 / $3 }' figures)
rate "$answers"
mysql --no-defaults -u root -S "$PWD/socket" -e 'create database d; create table d.t (n int); insert into d.t values (1), (2); select sum(n) from d.t'
mysqladmin --no-defaults -u root -S "$PWD/socket" shutdown
wait
