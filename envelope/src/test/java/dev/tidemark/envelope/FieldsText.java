package dev.tidemark.envelope;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names with values of any bytes, as a file that people can read: a line {@code name length}, then the value and a line end. */
final class FieldsText {

    private FieldsText() {}

    static byte[] write(Map<String, byte[]> fields) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> field : fields.entrySet()) {
            out.write(Examples.utf8(field.getKey() + " " + field.getValue().length + "\n"));
            out.write(field.getValue());
            out.write('\n');
        }
        return out.toByteArray();
    }

    static Map<String, byte[]> read(byte[] text) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        int position = 0;
        while (position < text.length) {
            int end = position;
            while (text[end] != '\n') {
                end++;
            }
            String[] head = new String(text, position, end - position, StandardCharsets.UTF_8).split(" ", -1);
            int length = Integer.parseInt(head[1]);
            fields.put(head[0], Arrays.copyOfRange(text, end + 1, end + 1 + length));
            position = end + 1 + length + 1;
        }
        return fields;
    }
}
