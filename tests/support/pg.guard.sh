# Keeps one PostgreSQL server for as long as standard input stays open. A test process that dies,
# however it dies, closes its end, and nothing is left behind.
# Arguments: the folder of PostgreSQL's programs, an empty folder of our own.
set -eu
trap '' INT HUP TERM PIPE
programs=$1 dir=$2
cleanup() {
    "$programs/pg_ctl" --pgdata "$dir/data" --mode immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir"
{
    "$programs/initdb" --pgdata "$dir/data" --username postgres --auth trust \
        --encoding UTF8 --locale C --no-sync
    # Only a socket, no port; a crash of the machine may cost the data.
    "$programs/pg_ctl" --pgdata "$dir/data" --log "$dir/server.log" --timeout 60 --wait start \
        --options "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=off \
                   -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
} >"$dir/start.log" 2>&1 || { cat "$dir/start.log" "$dir/server.log" 2>/dev/null; exit 1; }
echo ready
cat >/dev/null
