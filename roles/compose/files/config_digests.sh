# usage: config_digests.sh DIRECTORY SERVICE:PATH[:PATH...]...
# Prints a line `SERVICE DIGEST` for each service: a digest of all files under its paths, as far as these are there.
# On the node, because what `find` returns of some hundred jars would fill the play's output.
set -euo pipefail

# Jars are hundreds of megabytes: name, size and time tell a new one as well as its content does.
contents() {
    for path; do
        path=$directory/$path
        [[ ! -e $path ]] || find "$path" -type f \( -name '*.jar' -printf '%p %s %T@\n' -o -exec sha256sum {} + \)
    done
}

directory=$1
shift
for argument; do
    IFS=: read -ra words <<<"$argument"
    digest=$(contents "${words[@]:1}" | LC_ALL=C sort | sha256sum)
    echo "${words[0]} ${digest:0:16}"
done
