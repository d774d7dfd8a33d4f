import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseJson;
import ca.uhn.hapi.fhir.cdshooks.module.CdsHooksObjectMapperFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Reads answers of CDS Hooks with HAPI's own model, as a client that refuses every member it does not know.
 *
 * <p>Standard input holds one object on each line: `answer`, and the draft `orders` that it was asked about.
 * Standard output gets one for each: `error` (empty where the answer was read), `areOrdersRead` (whether HAPI
 * reads every draft by itself), and `read`, the answer as it is written back from the model.
 */
public class CdsHooksReader {

  private static final FhirContext R4 = FhirContext.forR4();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper MODEL = strictModel();

  public static void main(String[] arguments) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode asked = JSON.readTree(line);
      ObjectNode found = JSON.createObjectNode();
      found.put("areOrdersRead", areRead(asked.get("orders")));
      read(asked.get("answer"), found);
      System.out.println(JSON.writeValueAsString(found));
    }
  }

  private static ObjectMapper strictModel() {
    return new CdsHooksObjectMapperFactory(R4)
        .newMapper()
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(SerializationFeature.INDENT_OUTPUT);
  }

  private static void read(JsonNode answer, ObjectNode found) {
    try {
      CdsServiceResponseJson response =
          MODEL.readValue(JSON.writeValueAsString(answer), CdsServiceResponseJson.class);
      found.put("error", "");
      found.set("read", JSON.readTree(MODEL.writeValueAsString(response)));
    } catch (JsonProcessingException | RuntimeException error) {
      found.put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
    }
  }

  private static boolean areRead(JsonNode orders) {
    IParser parser = R4.newJsonParser();
    try {
      orders.forEach(order -> parser.parseResource(order.toString()));
      return true;
    } catch (RuntimeException error) {
      return false;
    }
  }
}
