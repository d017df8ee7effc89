"""The ReLU's result is overwritten: the sigmoid is given the input, not what the ReLU gave."""
# expect: unused-result
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class NeuralNetwork(nn.Module):
    def __init__(self):
        super(NeuralNetwork, self).__init__()
        self.relu1 = nn.ReLU()
        self.sigmoid1 = nn.Sigmoid()

    def forward(self, input):
        output = self.relu1(input)  # named here
        output = self.sigmoid1(input)  # mistake
        # sound: output = self.sigmoid1(output)
        return output


if __name__ == "__main__":
    input = torch.tensor([[1, -0.5], [-1, 3]])
    output = torch.reshape(input, (-1, 1, 2, 2))
    print(output.shape)
    net = NeuralNetwork()
    dataloader = DataLoader(TensorDataset(torch.randn(256, 3, 32, 32), torch.zeros(256)), batch_size=64)
    step = 0
    for data in dataloader:
        images, labels = data
        output = net(images)
        print(step, output.min().item(), output.max().item())
        step += 1
