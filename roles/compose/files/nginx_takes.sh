# usage: nginx_takes.sh DIRECTORY look|take DEFINITION CONFIG [MOUNT...]
# Brings conf/nginx and conf/certificates to conf/served, which is what nginx reads, once `nginx -t` has found nothing wrong with them,
# and has a running nginx load a new certificate. Prints a word for each step; `look` takes none.
# DEFINITION tells one definition of the service from another, CONFIG is the digest with which its container is labelled.
# MOUNT is what a container for the test has in place of the service's own.
# When it fails, its last lines are what nginx or Docker says.
set -euo pipefail

SECONDS_TO_LOAD=60

directory=$1 mode=$2 definition=$3 config=$4
shift 4
cd "$directory" 2>/dev/null || exit 0
command -v docker >/dev/null || exit 0

# Every path below a directory with mode, owner and content. The digest is of ours and stands in what is served alone.
state() {
    [[ ! -d $1 ]] || (cd "$1" && find . ! -name digest.conf -printf '%p %m %U %G\n' && find . -type f ! -name digest.conf -exec sha256sum {} +) | LC_ALL=C sort
}

# File by file, for the containers hold the directory; each in one step.
bring() {
    local path
    while IFS= read -rd '' path; do
        if [[ -d $1/$path ]]; then
            mkdir -p "$2/$path"
            chown --reference="$1/$path" "$2/$path"
            chmod --reference="$1/$path" "$2/$path"
        else
            cp -a "$1/$path" "$2/$path.next"
            mv -fT "$2/$path.next" "$2/$path"
        fi
    done < <(cd "$1" && find . -printf '%p\0')
    while IFS= read -rd '' path; do
        [[ -e $1/$path || $path == ./digest.conf ]] || rm -rf "${2:?}/$path"
    done < <(cd "$2" && find . -mindepth 1 -printf '%p\0')
}

# What nginx says alone, where it says something: to its error log too.
refuse() {
    grep -E '^nginx: |\[(emerg|alert|crit|error|warn)\]' <<<"$1" || echo "$1"
    exit 1
}

# Asks the running nginx, so that a reload that an interrupted run has missed is seen.
loaded() { docker exec nginx curl -s --max-time 10 http://127.0.0.1:8080/certificate </dev/null; }

declared=$(state conf/nginx && state conf/certificates)
tested=$(echo "$declared $definition" | sha256sum | cut -c -32)
if [[ $(cat conf/served/tested 2>/dev/null) != "$tested" || $(state conf/served/nginx && state conf/served/certificates) != "$declared" ]]; then
    echo take
    if [[ $mode == take ]]; then
        # The first one has nothing to replace: how it starts is seen when Compose starts it.
        if docker container inspect nginx >/dev/null 2>&1; then
            volumes=()
            for mount; do volumes+=(--volume "$mount"); done
            said=$(docker compose run --rm --no-deps -T "${volumes[@]}" --env NGINX_ENTRYPOINT_QUIET_LOGS=1 nginx nginx -t </dev/null 2>&1) || refuse "$said"
        fi
        mkdir -p conf/served
        bring conf/nginx conf/served/nginx
        bring conf/certificates conf/served/certificates
        echo "$tested" >conf/served/tested
    fi
fi

digest=$(state conf/certificates | sha256sum | cut -c -32)
line="return 200 $digest;"
if [[ $mode == take && $(cat conf/served/certificates/digest.conf 2>/dev/null) != "$line" ]]; then
    echo "$line" >conf/served/certificates/digest.conf.next
    mv -fT conf/served/certificates/digest.conf.next conf/served/certificates/digest.conf
fi

# One that does not answer, or is recreated anyway, reads it when it starts.
running=$(docker container inspect --format '{{.State.Running}} {{index .Config.Labels "com.igrafx.liveconnect.config"}}' nginx 2>/dev/null) || exit 0
if [[ $running != "true $config" ]] || ! served=$(loaded) || [[ $served == "$digest" ]]; then exit 0; fi
echo load
[[ $mode == take ]] || exit 0
said=$(docker exec nginx nginx -s reload </dev/null 2>&1) || refuse "$said"
deadline=$((SECONDS + SECONDS_TO_LOAD))
until [[ $(loaded) == "$digest" ]]; do
    ((SECONDS < deadline)) || refuse "$(docker exec nginx nginx -t </dev/null 2>&1)"
    sleep 0.2
done
