// Copyright (c) iGrafx LiveConnect contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package com.igrafx.liveconnect.lab;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;

/** Reads rows as RFC 4180 has them: quoted fields may hold separators, line ends and doubled quotes. */
final class CsvReader implements Closeable {
    /** Which empty fields are null. */
    enum Nulls {
        NEITHER, EMPTY_SEPARATORS, EMPTY_QUOTES, BOTH;

        boolean isNull(boolean quoted) {
            return this == BOTH || this == (quoted ? EMPTY_QUOTES : EMPTY_SEPARATORS);
        }
    }

    private static final int END = -1;

    private final BufferedReader reader;
    private final char separator;
    private final char quote;
    private final Nulls nulls;
    private int next;
    private long rows;

    CsvReader(Reader source, char separator, char quote, Nulls nulls) throws IOException {
        reader = new BufferedReader(source);
        this.separator = separator;
        this.quote = quote;
        this.nulls = nulls;
        next = reader.read();
        if (next == '\uFEFF') {
            next = reader.read();
        }
    }

    /** How many rows have been read, the header and empty lines included. */
    long rows() {
        return rows;
    }

    /** The next row, or null at the end of the file. An empty line is a row without fields. */
    List<String> row() throws IOException {
        if (next == END) {
            return null;
        }
        rows++;
        List<String> fields = new ArrayList<>();
        if (endOfLine()) {
            return fields;
        }
        fields.add(field());
        while (next == separator) {
            next = reader.read();
            fields.add(field());
        }
        if (next != END && !endOfLine()) {
            throw new IOException("row " + rows + ": text after a closing quote");
        }
        return fields;
    }

    private String field() throws IOException {
        boolean quoted = quote != 0 && next == quote;
        String text = quoted ? quotedText() : plainText();
        return text.isEmpty() && nulls.isNull(quoted) ? null : text;
    }

    private String plainText() throws IOException {
        StringBuilder text = new StringBuilder();
        while (next != END && next != separator && next != '\n' && next != '\r') {
            text.append((char) next);
            next = reader.read();
        }
        return text.toString();
    }

    private String quotedText() throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            next = reader.read();
            if (next == END) {
                throw new IOException("row " + rows + ": a quote is not closed before the end of the file");
            }
            if (next == quote) {
                next = reader.read();
                if (next != quote) {
                    return text.toString();
                }
            }
            text.append((char) next);
        }
    }

    /** Steps over a line end, whichever it is. */
    private boolean endOfLine() throws IOException {
        boolean carriageReturn = next == '\r';
        if (carriageReturn) {
            next = reader.read();
        }
        boolean lineFeed = next == '\n';
        if (lineFeed) {
            next = reader.read();
        }
        return carriageReturn || lineFeed;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
