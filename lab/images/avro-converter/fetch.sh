# On the worker's class path, where upstream has the converter of the same name.
folder=/out/usr/share/java/kafka-serde-tools
mvn dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$folder
mvn dependency:copy-dependencies -DincludeScope=provided -DexcludeScope=runtime -DoutputDirectory=/tmp/compile
javac --release 11 -Xlint:all -Werror -encoding UTF-8 -cp "/tmp/compile/*:$folder/*" -d /tmp/classes \
    $(find src -name '*.java')
jar --create --file $folder/lab-avro-converter.jar -C /tmp/classes .
rm -rf /tmp/compile /tmp/classes
