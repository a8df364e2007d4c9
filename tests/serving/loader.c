/* Captions picture files through an export, with TensorFlow's C API: no
 * Python, the same loader as a C++ server's.
 *
 *     loader EXPORT IMAGE:0 TEXT:0 ERROR:0 photo.jpg ...
 *
 * The tensors' names are those of the signature. Writes a line a picture:
 * its caption, a tab, its error. Exit code 1 where TensorFlow fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

static void check(TF_Status *status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "%s\n", TF_Message(status));
  exit(1);
}

/* Finds "name:index" in a graph. */
static TF_Output find(TF_Graph *graph, char *tensor) {
  char *colon = strrchr(tensor, ':');
  *colon = '\0';
  TF_Output output = {TF_GraphOperationByName(graph, tensor), atoi(colon + 1)};
  if (output.oper) return output;
  fprintf(stderr, "no operation %s\n", tensor);
  exit(1);
}

static void read_file(const char *path, TF_TString *into) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  size_t size = ftell(file);
  rewind(file);
  char *data = malloc(size + 1);
  if (fread(data, 1, size, file) != size) exit(1);
  TF_TString_Init(into);
  TF_TString_Copy(into, data, size);
  free(data);
  fclose(file);
}

static void write_text(TF_Tensor *strings, int row, char end) {
  TF_TString *text = (TF_TString *)TF_TensorData(strings) + row;
  printf("%.*s%c", (int)TF_TString_GetSize(text),
         TF_TString_GetDataPointer(text), end);
}

int main(int count, char **words) {
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *tags[] = {"serve"};
  TF_Session *session = TF_LoadSessionFromSavedModel(
      options, NULL, words[1], tags, 1, graph, NULL, status);
  check(status);

  int64_t rows = count - 5;
  TF_Tensor *image =
      TF_AllocateTensor(TF_STRING, &rows, 1, rows * sizeof(TF_TString));
  for (int row = 0; row < rows; row++)
    read_file(words[5 + row], (TF_TString *)TF_TensorData(image) + row);

  TF_Output input = find(graph, words[2]);
  TF_Output outputs[] = {find(graph, words[3]), find(graph, words[4])};
  TF_Tensor *found[2];
  TF_SessionRun(session, NULL, &input, &image, 1, outputs, found, 2, NULL, 0,
                NULL, status);
  check(status);
  for (int row = 0; row < rows; row++) {
    write_text(found[0], row, '\t');
    write_text(found[1], row, '\n');
  }
  return 0;
}
