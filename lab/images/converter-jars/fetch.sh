mvn dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/out/usr/share/java/apicurio-converter
