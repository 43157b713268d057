# what: the sqlite3 shell, sorting with two threads
# package: sqlite3
# needs: sqlite3
run sqlite3 :memory: "pragma threads = 2; create table t (a, b); insert into t select value, value * 7919 % 100003 from generate_series(1, 300000);
        create index i on t (b); select sum(a * (b % 7)) from t; select b from t order by b desc, a limit 3;"
