// Copyright (c) iGrafx LiveConnect contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package com.igrafx.liveconnect.lab;

import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;

/** The connector's configuration: spooldir's keys, meanings and defaults. */
final class CsvSourceConfig extends AbstractConfig {
    static final ConfigDef DEFINITION = new ConfigDef()
        .define("topic", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new NonEmptyString(), Importance.HIGH,
            "The topic that the records go to.")
        .define("input.path", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, CsvSourceConfig::requireFolder, Importance.HIGH,
            "The directory that is watched for files; the worker must be able to write there.")
        .define("error.path", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, CsvSourceConfig::requireFolder, Importance.HIGH,
            "Where a file goes that cannot be read; the worker must be able to write there.")
        .define("finished.path", Type.STRING, "", CsvSourceConfig::requireFolderIfGiven, Importance.HIGH,
            "Where a file goes once it has been read; required with cleanup.policy MOVE.")
        .define("input.file.pattern", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, CsvSourceConfig::requirePattern,
            Importance.HIGH, "A regular expression for the whole name of a file.")
        .define("halt.on.error", Type.BOOLEAN, true, Importance.HIGH,
            "Whether the task fails on a bad file, or goes on with the next.")
        .define("cleanup.policy", Type.STRING, "MOVE", ValidString.in("NONE", "DELETE", "MOVE"), Importance.MEDIUM,
            "What happens to a file once it has been read.")
        .define("batch.size", Type.INT, 1000, Range.atLeast(1), Importance.LOW, "Records of one poll, at most.")
        .define("empty.poll.wait.ms", Type.LONG, 500L, Range.atLeast(1), Importance.LOW,
            "How long to wait, in milliseconds, when there is no file.")
        .define("file.minimum.age.ms", Type.LONG, 0L, Range.atLeast(0), Importance.LOW,
            "How long ago, in milliseconds, a file must have been written last.")
        .define("processing.file.extension", Type.STRING, ".PROCESSING", Importance.LOW,
            "The extension of the mark beside the file that is being read.")
        .define("key.schema", Type.STRING, "", Importance.HIGH,
            "The schema of the keys, as JSON; required unless schemas are generated.")
        .define("value.schema", Type.STRING, "", Importance.HIGH,
            "The schema of the values, as JSON; required unless schemas are generated.")
        .define("schema.generation.enabled", Type.BOOLEAN, false, Importance.MEDIUM,
            "Whether schemas that are not declared are made from the files that are there when the connector starts: "
                + "the fields are the names of the header, optional strings all of them.")
        .define("schema.generation.key.fields", Type.LIST, "", Importance.MEDIUM,
            "The fields that make the key; none: records have no key.")
        .define("schema.generation.key.name", Type.STRING, "com.github.jcustenborder.kafka.connect.model.Key",
            Importance.MEDIUM, "The name of the key's schema.")
        .define("schema.generation.value.name", Type.STRING, "com.github.jcustenborder.kafka.connect.model.Value",
            Importance.MEDIUM, "The name of the value's schema.")
        .define("csv.first.row.as.header", Type.BOOLEAN, false, Importance.MEDIUM,
            "Whether the first row names the fields; otherwise they are column01, column02, …")
        .define("csv.skip.lines", Type.INT, 0, Range.atLeast(0), Importance.LOW, "Rows to leave out at the beginning.")
        .define("csv.separator.char", Type.INT, 44, Range.between(0, 65535), Importance.LOW,
            "The separator, as a code point: 44 is a comma, 59 a semicolon, 9 a tab.")
        .define("csv.quote.char", Type.INT, 34, Range.between(0, 65535), Importance.LOW,
            "The quote, as a code point: 34 is a double quote, 0 none.")
        .define("csv.file.charset", Type.STRING, Charset.defaultCharset().name(), CsvSourceConfig::requireCharset,
            Importance.LOW, "The files' character set.")
        .define("csv.null.field.indicator", Type.STRING, "NEITHER",
            ValidString.in("NEITHER", "EMPTY_SEPARATORS", "EMPTY_QUOTES", "BOTH"), Importance.LOW,
            "Which empty fields are null: those between separators, those in quotes, both, or neither.");

    final String topic;
    final Path input;
    final Path error;
    final Path finished;
    final Pattern pattern;
    final boolean haltOnError;
    final String cleanup;
    final int batchSize;
    final long emptyPollWait;
    final long minimumAge;
    final String processingExtension;
    /** Null where it is to be generated. */
    final Schema keySchema;
    /** Null where it is to be generated. */
    final Schema valueSchema;
    final List<String> keyFields;
    final String keyName;
    final String valueName;
    final boolean header;
    final int skip;
    final char separator;
    final char quote;
    final Charset charset;
    final CsvReader.Nulls nulls;

    CsvSourceConfig(Map<String, String> given) {
        super(DEFINITION, given, false);
        topic = getString("topic");
        input = Paths.get(getString("input.path"));
        error = Paths.get(getString("error.path"));
        finished = getString("finished.path").isEmpty() ? null : Paths.get(getString("finished.path"));
        pattern = Pattern.compile(getString("input.file.pattern"));
        haltOnError = getBoolean("halt.on.error");
        cleanup = getString("cleanup.policy");
        batchSize = getInt("batch.size");
        emptyPollWait = getLong("empty.poll.wait.ms");
        minimumAge = getLong("file.minimum.age.ms");
        processingExtension = getString("processing.file.extension");
        keyFields = getList("schema.generation.key.fields");
        keyName = getString("schema.generation.key.name");
        valueName = getString("schema.generation.value.name");
        header = getBoolean("csv.first.row.as.header");
        skip = getInt("csv.skip.lines");
        separator = (char) getInt("csv.separator.char").intValue();
        quote = (char) getInt("csv.quote.char").intValue();
        charset = Charset.forName(getString("csv.file.charset"));
        nulls = CsvReader.Nulls.valueOf(getString("csv.null.field.indicator"));
        if (cleanup.equals("MOVE") && finished == null) {
            throw new ConfigException("finished.path", "", "is required with cleanup.policy MOVE");
        }
        keySchema = schema("key.schema");
        valueSchema = schema("value.schema");
    }

    /** Opens a file behind the rows that are to be left out at its beginning. */
    CsvReader open(Path file) throws IOException {
        CsvReader reader = new CsvReader(
            new InputStreamReader(Files.newInputStream(file), charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT)),
            separator, quote, nulls);
        for (int row = 0; row < skip; row++) {
            reader.row();
        }
        return reader;
    }

    private Schema schema(String key) {
        Schema schema = CsvSchemas.read(key, getString(key));
        if (!getBoolean("schema.generation.enabled")) {
            Objects.requireNonNull(schema, "'" + key + "' must be set if 'schema.generation.enabled' = false.");
        }
        return schema;
    }

    private static void requireFolder(String name, Object value) {
        Path path = Paths.get(String.valueOf(value));
        if (!Files.isDirectory(path)) {
            throw new ConfigException(name, value, "must be an existing directory");
        }
        if (!Files.isWritable(path)) {
            throw new ConfigException(name, value, "must be writable for the worker");
        }
    }

    private static void requireFolderIfGiven(String name, Object value) {
        if (!String.valueOf(value).isEmpty()) {
            requireFolder(name, value);
        }
    }

    private static void requirePattern(String name, Object value) {
        try {
            Pattern.compile(String.valueOf(value));
        } catch (PatternSyntaxException problem) {
            throw new ConfigException(name, value, problem.getDescription());
        }
    }

    private static void requireCharset(String name, Object value) {
        try {
            Charset.forName(String.valueOf(value));
        } catch (IllegalArgumentException problem) {
            throw new ConfigException(name, value, "is not a character set known here");
        }
    }
}
