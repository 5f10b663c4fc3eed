// Copyright (c) iGrafx LiveConnect contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package com.igrafx.liveconnect.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one file after the other, in the order of their names.
 *
 * <p>The offset of a file is the number of its rows that were handed over: a task that is started again in the middle
 * of a file goes on behind them. The offset counts only as long as the file is the same (size, time and inode).
 */
public final class CsvSourceTask extends SourceTask {
    private static final Logger LOG = LoggerFactory.getLogger(CsvSourceTask.class);

    private static final long ACKNOWLEDGEMENT_WAIT = 10;

    /** Records handed to the worker and not yet in Kafka. */
    private final AtomicLong outstanding = new AtomicLong();
    /** Files that stay where they are (cleanup.policy NONE) are read once. */
    private final Set<String> left = new HashSet<>();

    private CsvSourceConfig config;
    private Path file;
    private String identity;
    private CsvReader reader;
    private List<String> names;

    @Override
    public void start(Map<String, String> given) {
        config = new CsvSourceConfig(given);
        try (Stream<Path> leftovers = Files.list(config.input)) {
            for (Path mark : leftovers.filter(this::isMark).collect(Collectors.toList())) {
                Files.delete(mark);
            }
        } catch (IOException problem) {
            throw new ConnectException("The directory " + config.input + " cannot be read: " + problem, problem);
        }
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        try {
            if (file == null && !open()) {
                Thread.sleep(config.emptyPollWait);
                return null;
            }
            List<SourceRecord> records = read();
            if (!records.isEmpty()) {
                outstanding.addAndGet(records.size());
                return records;
            }
            if (outstanding.get() > 0) {
                Thread.sleep(ACKNOWLEDGEMENT_WAIT);
            } else {
                putAway();
            }
        } catch (IOException problem) {
            reject(problem);
        }
        return null;
    }

    /** Kafka has the record: a file is put away only when that is so for all of its rows. */
    @Override
    public void commitRecord(SourceRecord record, RecordMetadata metadata) {
        outstanding.decrementAndGet();
    }

    /** Opens the first file that is there, and goes to where reading stopped; false when there is none. */
    private boolean open() throws IOException {
        file = firstFile();
        if (file == null) {
            return false;
        }
        identity = identityOf(file);
        Files.write(mark(file), new byte[0]);
        LOG.info("Reading {}", file);
        reader = config.open(file);
        names = config.header ? CsvSchemas.names(reader.row()) : CsvSchemas.fields(config.valueSchema);
        Map<String, Object> offset = context.offsetStorageReader().offset(partition());
        if (offset != null && identity.equals(offset.get("file"))) {
            long done = ((Number) offset.get("row")).longValue();
            while (reader.rows() < done && reader.row() != null) {
                // Handed over before.
            }
        }
        return true;
    }

    private List<SourceRecord> read() throws IOException {
        List<SourceRecord> records = new ArrayList<>();
        List<String> row;
        while (records.size() < config.batchSize && (row = reader.row()) != null) {
            if (!row.isEmpty()) {
                records.add(record(row));
            }
        }
        return records;
    }

    private SourceRecord record(List<String> row) throws IOException {
        if (row.size() != names.size()) {
            throw new IOException("row " + reader.rows() + " has " + row.size() + " fields, not " + names.size());
        }
        Struct key = struct(config.keySchema, row);
        Struct value = struct(config.valueSchema, row);
        Map<String, Object> offset = Map.of("file", identity, "row", reader.rows());
        return new SourceRecord(partition(), offset, config.topic, null, key.schema(), key, value.schema(), value);
    }

    /** The fields of the schema; columns that it does not have are left out. */
    private Struct struct(Schema schema, List<String> row) throws IOException {
        Struct struct = new Struct(schema);
        for (int column = 0; column < names.size(); column++) {
            Field field = schema.field(names.get(column));
            if (field != null) {
                try {
                    struct.put(field, CsvSchemas.parse(field.schema(), row.get(column)));
                } catch (IllegalArgumentException | DataException problem) {
                    throw new IOException("row " + reader.rows() + ", " + field.name() + ": " + problem.getMessage());
                }
            }
        }
        return struct;
    }

    /** Does with a file that has been read what the cleanup policy says. */
    private void putAway() throws IOException {
        Path done = release();
        switch (config.cleanup) {
            case "MOVE":
                Files.move(done, config.finished.resolve(done.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                break;
            case "DELETE":
                Files.delete(done);
                break;
            default:
                left.add(done.getFileName() + identity);
        }
        LOG.info("Finished {}", done);
    }

    private void reject(IOException problem) {
        if (file == null) {
            throw new ConnectException("The directory " + config.input + " cannot be read: " + problem, problem);
        }
        Path bad = file;
        try {
            release();
            Files.move(bad, config.error.resolve(bad.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException second) {
            problem.addSuppressed(second);
        }
        String sentence = "The file " + bad + " could not be read and went to " + config.error + ": " + problem.getMessage();
        if (config.haltOnError) {
            throw new ConnectException(sentence, problem);
        }
        LOG.error(sentence);
    }

    private Path release() throws IOException {
        Path released = file;
        file = null;
        names = null;
        if (reader != null) {
            reader.close();
            reader = null;
        }
        Files.deleteIfExists(mark(released));
        return released;
    }

    private Path firstFile() throws IOException {
        long newest = System.currentTimeMillis() - config.minimumAge;
        try (Stream<Path> files = Files.list(config.input)) {
            for (Path path : files.sorted().collect(Collectors.toList())) {
                if (Files.isRegularFile(path) && !isMark(path)
                    && config.pattern.matcher(path.getFileName().toString()).matches()
                    && Files.getLastModifiedTime(path).toMillis() <= newest
                    && !left.contains(path.getFileName() + identityOf(path))) {
                    return path;
                }
            }
        }
        return null;
    }

    private static String identityOf(Path path) throws IOException {
        return Files.size(path) + "@" + Files.getLastModifiedTime(path).toMillis() + "@" + Files.getAttribute(path, "unix:ino");
    }

    private boolean isMark(Path path) {
        return path.getFileName().toString().endsWith(config.processingExtension);
    }

    private Path mark(Path path) {
        return path.resolveSibling(path.getFileName() + config.processingExtension);
    }

    private Map<String, String> partition() {
        return Map.of("fileName", file.getFileName().toString());
    }

    @Override
    public void stop() {
        try {
            if (file != null) {
                release();
            }
        } catch (IOException problem) {
            LOG.warn("A file could not be closed: {}", problem.toString());
        }
    }

    @Override
    public String version() {
        return CsvSourceConnector.VERSION;
    }
}
