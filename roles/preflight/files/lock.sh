# usage: lock.sh FILE "PID.STARTED NAME" SECONDS
# Notes in FILE that the run PID of somebody's control machine works on this node, for as long as its connection is there. Prints the
# others that hold the node, as lines `PID.STARTED SINCE NAME`: those that came by the same connection, of which the control machine knows whether
# they still run; or, with exit code 75, those of another connection, when these are still there after SECONDS.
set -eu
file=$1 run=$2
deadline=$(($(date +%s) + $3))

# When a process started, in ticks since the boot: another with its number started at another time.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# The process of the connection by which this command came; without ssh, the run itself.
connection() {
    process=$$
    while [ "$process" -gt 1 ]; do
        case $(cat "/proc/$process/comm") in
            sshd*) break ;;
        esac
        process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
    done
    [ "$process" -gt 1 ] || process=${run%%.*}
    echo "$process $(started "$process")"
}

mine=$(connection)
exec 9>"$file.guard"
while true; do
    flock 9
    holder=$(head -n 1 "$file" 2>/dev/null || true)
    others=$(sed 1d "$file" 2>/dev/null | grep -v "^${run%% *} " || true)
    if [ "$holder" = "$mine" ] || [ -z "$holder" ] || [ "$(started "${holder% *}")" != "${holder#* }" ]; then
        [ "$holder" = "$mine" ] || others=
        printf '%s\n' "$mine" ${others:+"$others"} "${run%% *} $(date +%H:%M:%S) ${run#* }" >"$file"
        printf '%s' "$others"
        exit 0
    fi
    flock --unlock 9
    if [ "$(date +%s)" -ge "$deadline" ]; then
        printf '%s' "$others"
        exit 75
    fi
    sleep 1
done
