# /out/plugins/hub/<owner>/<name>/<version>/{archive.zip,manifest.json} and /out/plugins/maven2/<Maven's layout>.
maven2=/out/plugins/maven2
csv=lab-kafka-connect-csv-0.2.0
camel=camel-kafka-connector

# Debezium, as published.
mvn dependency:copy-dependencies -DincludeTypes=tar.gz -DincludeScope=runtime -Dmdep.useRepositoryLayout=true \
    -DoutputDirectory=$maven2
find $maven2 \( -name _remote.repositories -o -name maven-metadata-local.xml \) -delete

# Camel: one directory of jars, as its own packages have it.
mvn dependency:copy-dependencies -DincludeTypes=jar -DincludeScope=runtime -DoutputDirectory=/tmp/camel/$camel
folder=$maven2/org/apache/camel/kafkaconnector/$camel/0.11.0
mkdir -p $folder
tar -C /tmp/camel --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf $folder/$camel-0.11.0-package.tar.gz $camel

find $maven2 -name '*.tar.gz' | while read -r archive; do
    for sum in sha1 sha256 sha512; do
        "${sum}sum" "$archive" | cut -d' ' -f1 > "$archive.$sum"
    done
done

# The CSV source, compiled for the Java of any worker and packed as the hub's archives are. A worker has Jackson and slf4j
# itself; here they are found among Camel's jars.
mvn dependency:copy-dependencies -DincludeTypes=jar -DincludeScope=provided -DexcludeScope=runtime \
    -DoutputDirectory=/tmp/compile
javac --release 11 -Xlint:all -Werror -encoding UTF-8 -cp "/tmp/compile/*:/tmp/camel/$camel/*" -d /tmp/csv/classes \
    $(find csv-source/src -name '*.java')
cp -r csv-source/resources/. /tmp/csv/classes/
mkdir -p /tmp/csv/$csv/lib
jar --create --file /tmp/csv/$csv/lib/kafka-connect-csv-0.2.0.jar -C /tmp/csv/classes .
cp csv-source/manifest.json /tmp/csv/$csv/
folder=/out/plugins/hub/lab/kafka-connect-csv/0.2.0
mkdir -p $folder
cp csv-source/manifest.json $folder/
(cd /tmp/csv && zip --quiet -X -r $folder/archive.zip $csv)
rm -rf /tmp/camel /tmp/csv /tmp/compile
