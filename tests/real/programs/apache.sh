# what: Apache with mpm_event, a hundred files by curl --parallel
# package: apache2-bin curl
# needs: apache2 curl
modules=/usr/lib/apache2/modules
mkdir files
for i in $(seq 100); do head -c 20000 "$REAL_TEXT" | tail -c 5000 >"files/$i"; done
port=$((20000 + RANDOM % 20000))
cat >httpd.conf <<END
ServerRoot $PWD
ServerName localhost
PidFile $PWD/pid
ErrorLog $PWD/error.log
Listen 127.0.0.1:$port
DefaultRuntimeDir $PWD
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
StartServers 2
DocumentRoot $PWD/files
END
run_as_user apache2 -X -f "$PWD/httpd.conf" &
until_it_works curl -s "http://127.0.0.1:$port/1"
curl -s --parallel "http://127.0.0.1:$port/[1-100]" -o 'got_#1'
cat got_* | sha256sum
kill -TERM "$(cat pid)"
wait
