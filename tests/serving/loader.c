/* Captions picture files through an export, with TensorFlow's C API: no
 * Python, the same loader as a C++ server's.
 *
 *     loader EXPORT IMAGE:0 TEXT:0 ERROR:0 photo.jpg ... [-- TEXTS:0 text ...]
 *
 * The tensors' names are those of the signature. Writes a line a picture:
 * its caption, a tab, its error. Exit code 1 where TensorFlow fails.
 *
 * Texts are a second input, the same candidates of every picture; numbers are
 * written in place of a caption.
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

static void write_numbers(TF_Tensor *numbers, int row) {
  int64_t size = TF_Dim(numbers, 1);
  float *values = (float *)TF_TensorData(numbers) + row * size;
  for (int64_t i = 0; i < size; i++)
    printf("%.5f%c", values[i], i + 1 < size ? ' ' : '\t');
}

/* A tensor of shape (rows, count), each row of which has the same texts. */
static TF_Tensor *repeat(char **texts, int64_t rows, int64_t count) {
  int64_t shape[] = {rows, count};
  TF_Tensor *tensor = TF_AllocateTensor(TF_STRING, shape, 2,
                                        rows * count * sizeof(TF_TString));
  for (int64_t i = 0; i < rows * count; i++) {
    TF_TString *text = (TF_TString *)TF_TensorData(tensor) + i;
    TF_TString_Init(text);
    TF_TString_Copy(text, texts[i % count], strlen(texts[i % count]));
  }
  return tensor;
}

int main(int count, char **words) {
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *tags[] = {"serve"};
  TF_Session *session = TF_LoadSessionFromSavedModel(
      options, NULL, words[1], tags, 1, graph, NULL, status);
  check(status);

  int end = 5;
  while (end < count && strcmp(words[end], "--")) end++;
  int64_t rows = end - 5;
  TF_Tensor *given[2];
  given[0] = TF_AllocateTensor(TF_STRING, &rows, 1, rows * sizeof(TF_TString));
  for (int row = 0; row < rows; row++)
    read_file(words[5 + row], (TF_TString *)TF_TensorData(given[0]) + row);

  int inputs = end < count ? 2 : 1;
  TF_Output names[2] = {find(graph, words[2])};
  if (inputs == 2) {
    names[1] = find(graph, words[end + 1]);
    given[1] = repeat(words + end + 2, rows, count - end - 2);
  }
  TF_Output outputs[] = {find(graph, words[3]), find(graph, words[4])};
  TF_Tensor *found[2];
  TF_SessionRun(session, NULL, names, given, inputs, outputs, found, 2, NULL, 0,
                NULL, status);
  check(status);
  for (int row = 0; row < rows; row++) {
    if (TF_TensorType(found[0]) == TF_STRING)
      write_text(found[0], row, '\t');
    else
      write_numbers(found[0], row);
    write_text(found[1], row, '\n');
  }
  return 0;
}
