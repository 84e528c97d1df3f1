# Ends a throw-away server and removes its folder once no process uses it any more, even if those processes were killed.
#   $1  the server's folder. In it: users/, one empty file per process that uses the server, named by its id;
#       running, the process id of the server while it runs.
#   $2  seconds to wait for a next user after the last one has ended.
dir=$1 linger=$2 idle=0

used() {
    live=1
    for file in "$1"/*; do
        [ -e "$file" ] || continue
        if kill -0 "${file##*/}" 2>/dev/null; then live=0; else rm -f "$file"; fi
    done
    return $live
}

while [ "$idle" -le "$linger" ]; do
    [ -d "$dir" ] || exit 0
    if used "$dir/users"; then idle=0; else idle=$((idle + 1)); fi
    sleep 1
done

# From here on no process can register, because a file cannot be created in a folder that does not exist. A process
# that registered between the last check and the rename is noticed now, and the server keeps running until it has ended.
mv "$dir/users" "$dir/retired" 2>/dev/null
while used "$dir/retired"; do sleep 1; done

pid=$(cat "$dir/running" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -INT "$pid" 2>/dev/null
    tries=0
    while [ -e "$dir/data/postmaster.pid" ] && [ "$tries" -lt 20 ]; do
        tries=$((tries + 1))
        sleep 1
    done
    [ -e "$dir/data/postmaster.pid" ] && kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$dir"
