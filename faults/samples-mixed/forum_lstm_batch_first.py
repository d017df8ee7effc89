"""Row by row LSTM on digits is bad since I dropped batch_first=True but kept (batch, seq, features)."""
# expect: samples-mixed
import torch
import torch.nn as nn
import torch.utils.data as Data
from sklearn.datasets import load_digits
from torch.autograd import Variable

EPOCH = 8
BATCH_SIZE = 64
TIME_STEP = 8       # rnn time step / image height
INPUT_SIZE = 8      # rnn input size / image width
LR = 0.01

digits = load_digits()
train_x = torch.FloatTensor(digits.images[:1408]) / 16
train_y = torch.LongTensor(digits.target[:1408])
test_x = Variable(torch.FloatTensor(digits.images[1408:1728]) / 16)
test_y = torch.LongTensor(digits.target[1408:1728])
train_data = Data.TensorDataset(train_x, train_y)
train_loader = Data.DataLoader(dataset=train_data, batch_size=BATCH_SIZE, shuffle=True)


class RNN(nn.Module):
    def __init__(self):
        super(RNN, self).__init__()
        self.rnn = nn.LSTM(  # named here
            input_size=INPUT_SIZE,
            hidden_size=64,
            num_layers=1)  # mistake
            # sound: num_layers=1, batch_first=True)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        # x shape (batch, time_step, input_size)
        r_out, (h_n, h_c) = self.rnn(x, None)  # named here
        out = self.out(r_out[:, -1, :])
        return out


rnn = RNN()
print(rnn)
optimizer = torch.optim.Adam(rnn.parameters(), lr=LR)
loss_func = nn.CrossEntropyLoss()

for epoch in range(EPOCH):
    for step, (b_x, b_y) in enumerate(train_loader):
        b_x = Variable(b_x.view(-1, 8, 8))
        b_y = Variable(b_y)
        output = rnn(b_x)
        loss = loss_func(output, b_y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        test_output = rnn(test_x)
    pred_y = torch.max(test_output, 1)[1].data
    accuracy = (pred_y == test_y).sum().item() / float(test_y.size(0))
    print('Epoch: ', epoch, '| train loss: %.4f' % loss.item(), '| test accuracy: %.2f' % accuracy)
