# Earlier versions showed a folder first that ends with the container. Before the container is recreated for the first time with the one that
# is kept, copies what people made in the former to the latter, the directory $1. Prints the folder in it that they are in, if there are any.
set -euo pipefail

kept=$1/from-the-container
[ -e "$kept" ] && exit 0
docker container inspect jupyter > /dev/null 2>&1 || exit 0

draft=$(mktemp --directory "$1/.from-the-container.XXXXXX")
trap 'rm -rf "$draft"' EXIT
# work/ is what was mounted before; hidden files are the image's, or no person's.
docker cp jupyter:/home/jovyan/. - | tar --extract --directory="$draft" --anchored --exclude='./work' --exclude='./.*'
[ -n "$(ls "$draft")" ] || exit 0
mv --no-target-directory "$draft" "$kept"
echo "$kept"
