import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * Kafka's own reader and writer of record batches, for the tests beside it.
 *   write FOLDER ROWS BYTES   one batch in each codec, FOLDER/CODEC.batch: row i has the key "kI"
 *                             and "row I " repeated to BYTES bytes as its value
 *   read FILE...              a line a batch and a line a row, as below
 */
public class RecordBatches {
  static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};

  public static void main(String[] args) throws Exception {
    if (args[0].equals("write")) {
      write(Path.of(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
      return;
    }
    for (int i = 1; i < args.length; i++) read(Path.of(args[i]));
  }

  static void write(Path folder, int count, int bytes) throws Exception {
    var records = new SimpleRecord[count];
    for (int i = 0; i < count; i++) {
      String text = "row " + i + " ";
      String value = text.repeat(bytes / text.length() + 1).substring(0, bytes);
      records[i] = new SimpleRecord(1_700_000_000_000L + i, utf8("k" + i), utf8(value));
    }
    for (String codec : CODECS) {
      var batch = MemoryRecords.withRecords(7L, Compression.of(codec).build(), records);
      var written = new byte[batch.sizeInBytes()];
      batch.buffer().duplicate().get(written);
      Files.write(folder.resolve(codec + ".batch"), written);
    }
  }

  static void read(Path file) throws Exception {
    var batches = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)));
    for (RecordBatch batch : batches.batches()) {
      batch.ensureValid();
      System.out.printf(
          "batch %s %d %d %d %d %d%n",
          batch.compressionType().name, batch.baseOffset(), batch.lastOffset(),
          batch.producerId(), batch.producerEpoch(), batch.baseSequence());
      for (var record : batch) {
        System.out.printf(
            "row %d %s %s%n", record.offset(), sum(record.key()), sum(record.value()));
      }
    }
  }

  /** Length and CRC-32, or "-" of what is absent. */
  static String sum(ByteBuffer field) {
    if (field == null) return "-";
    var crc = new CRC32();
    int length = field.remaining();
    crc.update(field.duplicate());
    return length + ":" + Long.toHexString(crc.getValue());
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
